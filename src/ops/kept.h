// Kept: values made of texts, the ones that were asked for last, so that what is asked for again is not made again.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_annotations.h"

namespace vesta::ops {

// Bounded by the number of values and by what each is made of: a larger one is made for its request alone. Thread-safe;
// two who ask for the same at the same time may both make it. Values are shared: one may still be in use when it is
// given up here. What cannot be made is not kept.
template <class Value>
class Kept {
 public:
  using Shared = std::shared_ptr<const Value>;
  Kept(std::size_t max_values, std::size_t max_key_bytes) : max_values_(max_values), max_key_bytes_(max_key_bytes) {}

  // What was made for `key`, or what `make` makes: a Result<std::unique_ptr<Value>>, of the key alone.
  template <class Make>
  Result<Shared> get(std::string_view key, const Make& make) EXCLUDES(mutex_) {
    if (Shared found = find(key)) return found;
    VESTA_TRY(Shared made, make());
    if (key.size() <= max_key_bytes_) add(key, made);
    return made;
  }

 private:
  using Entry = std::pair<const std::string, Shared>;

  Shared find(std::string_view key) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->second;
  }

  void add(std::string_view key, const Shared& value) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (by_key_.contains(key)) return;
    entries_.emplace_front(std::string(key), value);
    by_key_.emplace(entries_.front().first, entries_.begin());
    if (entries_.size() <= max_values_) return;
    by_key_.erase(entries_.back().first);
    entries_.pop_back();
  }

  const std::size_t max_values_;
  const std::size_t max_key_bytes_;
  Mutex mutex_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);  // the one that was asked for last is first
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> by_key_ GUARDED_BY(mutex_);
};

}  // namespace vesta::ops
