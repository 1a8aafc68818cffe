// Kept: a bounded map that threads share; what nobody asks for goes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "base/thread_annotations.h"

namespace vesta::store {

inline constexpr std::size_t kKeptShards = 16;
inline constexpr std::size_t kKeptEntryBytes = 96;  // what an entry costs beside its own bytes

// Of what is known by where it stands in memory: that is at multiples of 16, and all shards should be used.
struct PlaceHash {
  std::size_t operator()(const void* place) const {
    return reinterpret_cast<std::uintptr_t>(place) / alignof(std::max_align_t);
  }
};

// Two generations: what is asked for moves to the young one; when that is full, it becomes the old one, and what was
// old is gone. Thread-safe.
template <class Key, class Value, class Hash = std::hash<Key>>
class Kept {
 public:
  // Of all together. One alone may have as much as a generation of a shard: a 32nd of it.
  explicit Kept(std::size_t max_bytes) : max_young_bytes_(max_bytes / kKeptShards / 2) {}

  std::optional<Value> find(const Key& key) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    if (const auto found = shard.young.find(key); found != shard.young.end()) return found->second.value;
    const auto found = shard.old.find(key);
    if (found == shard.old.end()) return std::nullopt;
    Entry entry = take(found, shard.old, shard.old_bytes);
    std::optional<Value> value(entry.value);
    add(shard, key, std::move(entry));
    return value;
  }

  // In place of what was kept. `bytes`: what key and value have beside their own size.
  void keep(const Key& key, Value value, std::size_t bytes) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    remove(shard, key);
    add(shard, key, {std::move(value), bytes + sizeof(Key) + sizeof(Value) + kKeptEntryBytes});
  }

  void forget(const Key& key) {
    Shard& shard = shard_of(key);
    const MutexLock lock(shard.mutex);
    remove(shard, key);
  }
  void clear() {
    for (Shard& shard : shards_) {
      const MutexLock lock(shard.mutex);
      shard.young.clear();
      shard.old.clear();
      shard.young_bytes = shard.old_bytes = 0;
    }
  }

  std::size_t bytes() {
    std::size_t bytes = 0;
    for (Shard& shard : shards_) {
      const MutexLock lock(shard.mutex);
      bytes += shard.young_bytes + shard.old_bytes;
    }
    return bytes;
  }

 private:
  struct Entry {
    Value value;
    std::size_t bytes = 0;
  };
  using Generation = std::unordered_map<Key, Entry, Hash>;
  struct Shard {
    Mutex mutex;
    Generation young GUARDED_BY(mutex), old GUARDED_BY(mutex);
    std::size_t young_bytes GUARDED_BY(mutex) = 0;
    std::size_t old_bytes GUARDED_BY(mutex) = 0;
  };

  Shard& shard_of(const Key& key) { return shards_[Hash{}(key) % kKeptShards]; }

  static Entry take(typename Generation::iterator at, Generation& from, std::size_t& bytes) {
    Entry entry = std::move(at->second);
    bytes -= entry.bytes;
    from.erase(at);
    return entry;
  }

  void remove(Shard& shard, const Key& key) REQUIRES(shard.mutex) {
    if (const auto found = shard.young.find(key); found != shard.young.end()) {
      take(found, shard.young, shard.young_bytes);
    }
    if (const auto found = shard.old.find(key); found != shard.old.end()) take(found, shard.old, shard.old_bytes);
  }

  void add(Shard& shard, const Key& key, Entry entry) REQUIRES(shard.mutex) {
    if (entry.bytes > max_young_bytes_) return;
    if (shard.young_bytes + entry.bytes > max_young_bytes_) {
      shard.old = std::exchange(shard.young, {});
      shard.old_bytes = std::exchange(shard.young_bytes, 0);
    }
    shard.young_bytes += entry.bytes;
    shard.young.emplace(key, std::move(entry));
  }

  const std::size_t max_young_bytes_;  // of one shard
  std::array<Shard, kKeptShards> shards_;
};

}  // namespace vesta::store
