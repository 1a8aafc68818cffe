// Cache: what was computed lately, within a number of bytes, for one generation of what it was computed from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "base/thread_annotations.h"

namespace vesta::terminology {

// Thread-safe. Values are immutable and shared: who holds one keeps it, whatever the cache does.
template <class Value>
class Cache {
 public:
  explicit Cache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null if it is not there. Another generation than the last call's empties the cache.
  std::shared_ptr<const Value> get(const std::string& key, std::uint64_t generation) {
    MutexLock lock(mutex_);
    if (generation != generation_) clear(generation);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  // Drops what was not used for longest. A value computed from a generation that has passed is not kept, nor one that
  // alone is over the limit.
  void put(const std::string& key, std::uint64_t generation, std::shared_ptr<const Value> value) {
    const std::size_t bytes = value->bytes() + 2 * key.size() + kEntryBytes;
    MutexLock lock(mutex_);
    if (generation != generation_ || bytes > max_bytes_ || by_key_.contains(key)) return;
    while (bytes_ + bytes > max_bytes_) {
      bytes_ -= entries_.back().bytes;
      by_key_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({key, std::move(value), bytes});
    by_key_.emplace(key, entries_.begin());
    bytes_ += bytes;
  }

  std::size_t bytes() {
    MutexLock lock(mutex_);
    return bytes_;
  }

 private:
  static constexpr std::size_t kEntryBytes = 200;  // of the list and the table, about
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    std::size_t bytes;
  };

  void clear(std::uint64_t generation) REQUIRES(mutex_) {
    by_key_.clear();
    entries_.clear();
    bytes_ = 0;
    generation_ = generation;
  }

  const std::size_t max_bytes_;
  Mutex mutex_;
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::list<Entry> entries_ GUARDED_BY(mutex_);  // the last used first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> by_key_ GUARDED_BY(mutex_);
};

}  // namespace vesta::terminology
