// A list in the order of use, and a map into it.
#include "cache/memory_cache.h"

#include <algorithm>
#include <utility>

namespace vesta::cache {

std::size_t MemoryCache::Entry::bytes() const {
  const auto* const value = std::get_if<std::string>(&content);
  return kEntryBytes + key.size() + (value == nullptr ? 0 : value->size());
}

std::optional<std::string> MemoryCache::get(std::string_view key) {
  const MutexLock lock(mutex_);
  const Entry* const entry = find(key);
  const auto* const value = entry == nullptr ? nullptr : std::get_if<std::string>(&entry->content);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

void MemoryCache::set(std::string_view key, std::string_view value, std::chrono::milliseconds time_to_live) {
  const MutexLock lock(mutex_);
  remove(key);
  if (key.size() > kMaxKeyBytes || value.size() > kMaxValueBytes) return;
  put({std::string(key), std::string(value), clock_.monotonic() + time_to_live});
}

void MemoryCache::erase(std::string_view key) {
  const MutexLock lock(mutex_);
  remove(key);
}

std::optional<bool> MemoryCache::take(std::string_view key, const Bucket& bucket) {
  if (key.size() > kMaxKeyBytes) return std::nullopt;
  const auto now = clock_.monotonic();
  const MutexLock lock(mutex_);
  const Entry* const entry = find(key);
  const auto* const kept = entry == nullptr ? nullptr : std::get_if<Filling>(&entry->content);
  Filling filling = kept == nullptr ? Filling{bucket.most, now} : *kept;
  const double passed = std::chrono::duration<double>(now - filling.filled).count();
  filling = {std::min(bucket.most, filling.tokens + passed * bucket.per_second), now};
  const bool has_one = filling.tokens >= 1;
  if (has_one) filling.tokens -= 1;
  remove(key);
  // By then it is full, as one that is not there.
  const std::chrono::duration<double> until_full(bucket.most / bucket.per_second);
  put({std::string(key), filling, now + std::chrono::ceil<std::chrono::nanoseconds>(until_full)});
  return has_one;
}

std::size_t MemoryCache::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

MemoryCache::Entry* MemoryCache::find(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  if (found->second->ends <= clock_.monotonic()) {
    remove(key);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return &entries_.front();
}

void MemoryCache::put(Entry entry) {
  const std::size_t bytes = entry.bytes();
  if (bytes > max_bytes_) return;
  while (bytes_ + bytes > max_bytes_) remove(entries_.back().key);
  entries_.push_front(std::move(entry));
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
}

void MemoryCache::remove(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  const auto entry = found->second;
  bytes_ -= entry->bytes();
  by_key_.erase(found);
  entries_.erase(entry);
}

}  // namespace vesta::cache
