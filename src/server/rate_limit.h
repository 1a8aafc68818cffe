// RateLimit: how many requests per second come from one client, or one address.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "cache/cache.h"
#include "cache/memory_cache.h"

namespace vesta::server {

inline constexpr std::size_t kRateLimitBytes = 16 << 20;  // of whom is remembered; who came longest ago begins anew
inline constexpr std::size_t kBurstSeconds = 10;          // what may come at once is what may come in so many seconds

// A bucket of tokens for each: of all nodes in the cache that they share; of this one where there is none, and while it
// is away. Thread-safe.
class RateLimit {
 public:
  // `per_second` 0: no limit. `by`: whose limit, as others stand in the same cache. `refused` counts; null: not.
  RateLimit(std::size_t per_second, std::string by, Clock& clock, Counter* refused, cache::Cache* shared = nullptr);

  // Takes one from the bucket of `who`. false: there is none left; a second later there is.
  bool admits(std::string_view who);

 private:
  const cache::Bucket bucket_;
  const std::string by_;
  Counter* const refused_;
  cache::Cache* const shared_;
  cache::MemoryCache own_;
};

}  // namespace vesta::server
