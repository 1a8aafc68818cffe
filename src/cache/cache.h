// Cache: what is remembered for a while, and may be forgotten at any time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vesta::cache {

inline constexpr std::size_t kMaxKeyBytes = 512;
inline constexpr std::size_t kMaxValueBytes = 256 * 1024;

// What may come at once is `most`; it fills up again by so many per second. Both are above 0.
struct Bucket {
  double per_second = 0;
  double most = 0;
};

// Thread-safe. No call fails, and each ends within a short deadline: a cache that is away has nothing and keeps
// nothing. Whoever uses one must be right without it. Keys and values are any bytes; those above the limits are not
// kept.
class Cache {
 public:
  virtual ~Cache() = default;

  // None: nothing is kept under the key, or it could not be asked in time.
  virtual std::optional<std::string> get(std::string_view key) = 0;
  // In place of what was there, for `time_to_live` (1 ms at least) at most. It may get lost.
  virtual void set(std::string_view key, std::string_view value, std::chrono::milliseconds time_to_live) = 0;
  // It may not reach a cache that is away: what must not be read again is not made safe by this.
  virtual void erase(std::string_view key) = 0;
  // Takes one from the bucket under the key, which is full before its first use. false: there is none left. None: the
  // cache cannot tell.
  virtual std::optional<bool> take(std::string_view key, const Bucket& bucket) = 0;
};

}  // namespace vesta::cache
