// ClientKeys: the public keys of clients, in place or from the URL where a client, or another provider, publishes them.
// https://www.rfc-editor.org/rfc/rfc7591#section-2 (jwks, jwks_uri)
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "access/records.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/bounded_table.h"
#include "identity/jwk.h"
#include "identity/jwks.h"
#include "oauth/fetch.h"

namespace vesta::oauth {

inline constexpr std::chrono::minutes kFetchedKeysLifetime{10};  // a key that was taken away is good as long
inline constexpr std::chrono::minutes kFetchedKeysMaxAge{60};    // while they cannot be fetched again
inline constexpr std::chrono::minutes kFetchInterval{1};         // of one client, whatever for
inline constexpr std::size_t kMaxFetchedKeySets = 1000;          // of those used last
inline constexpr std::size_t kMaxRunningFetches = 8;             // each keeps a worker

// Any number of threads; nobody waits for the fetch of another one.
class ClientKeys {
 public:
  // `clock` outlives it. `fetch` may be empty: keys by URL are then an error.
  ClientKeys(Fetch fetch, Clock& clock) : fetch_(std::move(fetch)), clock_(clock), sets_(kMaxFetchedKeySets) {}

  // To verify `assertion`, which is not verified yet: a key of it that is not known makes it fetch again, once in
  // kFetchInterval. Errors, with a reason for the log: busy: others are fetching, and none are kept; any other: there
  // are none that could be used.
  Result<identity::Keys> of(const access::Client& client, std::string_view assertion);

  // Of a provider who publishes them at a URL, to verify `token`: the same, without those that cannot be used.
  Result<identity::Keys> published(const std::string& owner, const std::string& url, std::string_view token);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Fetched {
    std::string url;
    identity::Keys keys;  // empty: none yet
    Time fetched;         // when these were
    std::optional<Time> tried;
    bool is_fetching = false;
    std::string problem;  // of the last attempt; empty: it went well
  };

  Result<identity::Keys> by_url(const std::string& owner, const std::string& url, identity::WrongKeys wrong,
                                std::string_view token);
  // Under the lock: what there is, and whether this caller is to fetch.
  bool begin_fetch(Fetched& set, std::string_view assertion, Time now) REQUIRES(mutex_);
  Result<identity::Keys> kept(const Fetched& set, Time now) const REQUIRES(mutex_);
  Result<identity::Keys> fetch(const std::string& url, identity::WrongKeys wrong) const;

  const Fetch fetch_;
  Clock& clock_;
  Mutex mutex_;
  identity::BoundedTable<std::shared_ptr<Fetched>> sets_ GUARDED_BY(mutex_);  // by owner; shared with who fetches
  std::size_t running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::oauth
