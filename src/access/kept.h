// Kept: what was made lately, by a key, bounded in number.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "base/thread_annotations.h"

namespace vesta::access {

// Thread-safe. Values are immutable and shared: who holds one keeps it, whatever happens here.
template <class Value>
class Kept {
 public:
  explicit Kept(std::size_t max_values) : max_values_(max_values) {}

  // Null: there is none.
  std::shared_ptr<const Value> find(std::string_view key) {
    MutexLock lock(mutex_);
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : found->second;
  }
  // In the place of one that was there. What is full begins anew: making all once more is rare, and cheap enough.
  void put(std::string_view key, std::shared_ptr<const Value> value) {
    MutexLock lock(mutex_);
    if (values_.size() >= max_values_ && !values_.contains(key)) values_.clear();
    values_.insert_or_assign(std::string(key), std::move(value));
  }

 private:
  const std::size_t max_values_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Value>, std::less<>> values_ GUARDED_BY(mutex_);
};

}  // namespace vesta::access
