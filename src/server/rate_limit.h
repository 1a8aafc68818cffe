// RateLimit: how many requests per second come from one client, or one address.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "identity/bounded_table.h"

namespace vesta::server {

inline constexpr std::size_t kMaxRateLimited =
    65'536;                                       // whom is remembered; of more, those who came longest ago begin anew
inline constexpr std::size_t kBurstSeconds = 10;  // what may come at once is what may come in so many seconds

// A bucket of tokens for each. Thread-safe.
class RateLimit {
 public:
  // `per_second` 0: no limit. `refused` counts; null: not.
  RateLimit(std::size_t per_second, Clock& clock, Counter* refused);

  // Takes one from the bucket of `who`. false: there is none left; a second later there is.
  bool admits(std::string_view who);

 private:
  struct Bucket {
    double tokens;
    std::chrono::steady_clock::time_point filled;
  };

  const double per_second_;
  Clock& clock_;
  Counter* const refused_;
  std::mutex mutex_;
  identity::BoundedTable<Bucket> buckets_{kMaxRateLimited};
};

}  // namespace vesta::server
