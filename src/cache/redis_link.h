// RedisLink: one connection to a Redis. (Libraries: hiredis speaks its protocol, OpenSSL encrypts.)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cache/cache.h"
#include "cache/redis_url.h"

namespace vesta::cache {

inline constexpr std::size_t kMaxReplyBytes = kMaxValueBytes + 4096;

struct Reply {
  enum class Kind : std::uint8_t { nothing, text, number };
  Kind kind = Kind::nothing;
  std::string text;
  long long number = 0;
};

// hiredis of Debian 12 waits without a total deadline and knows no TLS: bytes are sent and received here, by one
// deadline for each call. One thread at a time. Writing to a lost TLS connection raises SIGPIPE: it is to be ignored.
class RedisLink {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Connected, signed in, and its database chosen. Names are looked up by the system's resolver, in its own time.
  static Result<std::unique_ptr<RedisLink>> open(const RedisUrl& url, Time deadline);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // Errors: unavailable: lost, too late, no reply that Redis would give, or one that is an error. Then the link is of
  // no more use: what comes would be the reply to this call.
  Result<Reply> ask(std::span<const std::string_view> words, Time deadline);

 private:
  struct State;
  explicit RedisLink(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vesta::cache
