// RedisUrl: where a Redis is, and who we are there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta::cache {

inline constexpr std::uint16_t kRedisPort = 6379;
inline constexpr std::uint32_t kMaxRedisDatabase = 65'535;

struct RedisUrl {
  std::string socket;  // path of a Unix socket; then host and port mean nothing
  std::string host;
  std::uint16_t port = kRedisPort;
  std::string user;  // empty: Redis' default one
  std::string password;
  std::uint32_t database = 0;
  bool has_tls = false;
  std::string ca_file;  // PEM; empty: the system's authorities

  // For logs: without user and password.
  std::string place() const;
};

// redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss://… (TLS) with ?ca=FILE,
// redis+unix://[[USER]:PASSWORD@]/PATH. User, password and paths are percent-encoded. Errors (invalid): another form;
// the message does not repeat the URL.
Result<RedisUrl> parse_redis_url(std::string_view text);

}  // namespace vesta::cache
