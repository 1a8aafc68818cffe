// Kept: what was made lately, by a key, bounded in what it weighs.
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
  explicit Kept(std::size_t max_weight) : max_weight_(max_weight) {}

  // Null: there is none.
  std::shared_ptr<const Value> find(std::string_view key) {
    MutexLock lock(mutex_);
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : found->second;
  }
  // In the place of one that was there. What would be too much begins anew: making all once more is rare.
  void put(std::string_view key, std::shared_ptr<const Value> value, std::size_t weight = 1) {
    MutexLock lock(mutex_);
    if (weight > max_weight_) return;
    if (weight_ + weight > max_weight_) {
      values_.clear();
      weight_ = 0;
    }
    values_.insert_or_assign(std::string(key), std::move(value));
    weight_ += weight;  // of what was replaced too: it only begins anew earlier
  }
  std::size_t size() {
    MutexLock lock(mutex_);
    return values_.size();
  }

 private:
  const std::size_t max_weight_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Value>, std::less<>> values_ GUARDED_BY(mutex_);
  std::size_t weight_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::access
