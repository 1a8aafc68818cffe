// MemoryCache: the cache of one process, bounded by the bytes that it keeps.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "cache/cache.h"

namespace vesta::cache {

inline constexpr std::size_t kDefaultMemoryBytes = 16 << 20;
inline constexpr std::size_t kEntryBytes = 160;  // what an entry costs beside its key and value

class MemoryCache final : public Cache {
 public:
  // What was used longest ago goes first. The clock outlives it.
  explicit MemoryCache(Clock& clock, std::size_t max_bytes = kDefaultMemoryBytes)
      : clock_(clock), max_bytes_(max_bytes) {}

  std::optional<std::string> get(std::string_view key) override;
  void set(std::string_view key, std::string_view value, std::chrono::milliseconds time_to_live) override;
  void erase(std::string_view key) override;
  std::optional<bool> take(std::string_view key, const Bucket& bucket) override;

  std::size_t bytes() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Filling {
    double tokens = 0;
    Time filled;
  };
  struct Entry {
    std::string key;
    std::variant<std::string, Filling> content;
    Time ends;

    std::size_t bytes() const;
  };
  using Entries = std::list<Entry>;  // the one that was used last in front

  Entry* find(std::string_view key) REQUIRES(mutex_);
  void put(Entry entry) REQUIRES(mutex_);
  void remove(std::string_view key) REQUIRES(mutex_);

  Clock& clock_;
  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);
  std::unordered_map<std::string_view, Entries::iterator> by_key_ GUARDED_BY(mutex_);  // views into entries_
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::cache
