// Kept: values made of texts, the ones that were asked for last, so that what is asked for again is not made again.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "identity/bounded_table.h"

namespace vesta::ops {

// Bounded by the number of values and by what each is made of: a larger one is made for its request alone. Thread-safe;
// two who ask for the same at the same time may both make it. Values are shared: one may still be in use when it is
// given up here. What cannot be made is not kept.
template <class Value>
class Kept {
 public:
  using Shared = std::shared_ptr<const Value>;
  Kept(std::size_t max_values, std::size_t max_key_bytes) : max_key_bytes_(max_key_bytes), values_(max_values) {}

  // What was made for `key`, or what `make` makes: a Result<std::unique_ptr<Value>>, of the key alone.
  template <class Make>
  Result<Shared> get(std::string_view key, const Make& make) EXCLUDES(mutex_) {
    if (Shared found = find(key)) return found;
    VESTA_TRY(Shared made, make());
    if (key.size() <= max_key_bytes_) add(key, made);
    return made;
  }

 private:
  Shared find(std::string_view key) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const Shared* const found = values_.find(key);
    return found == nullptr ? nullptr : *found;
  }

  void add(std::string_view key, const Shared& value) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (values_.find(key) == nullptr) values_.put(std::string(key), value);
  }

  const std::size_t max_key_bytes_;
  Mutex mutex_;
  identity::BoundedTable<Shared> values_ GUARDED_BY(mutex_);
};

}  // namespace vesta::ops
