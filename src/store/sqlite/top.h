// Top: keeps the first few of many sort tuples.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "store/sort_tuple.h"

namespace vesta::store::sqlite {

// A heap whose front is the last of those kept. A tuple that is offered again is ignored.
class Top {
 public:
  Top(std::span<const search::SortKey> sort, const SortTuple* after, std::size_t capacity)
      : sort_(sort), after_(after), capacity_(capacity) {}

  void offer(SortTuple tuple) {
    if (capacity_ == 0 || (after_ != nullptr && compare(sort_, tuple, *after_) <= 0)) return;
    const auto comes_first = [this](const SortTuple& a, const SortTuple& b) { return compare(sort_, a, b) < 0; };
    if (is_full() && !comes_first(tuple, heap_.front())) return;
    if (!keys_.insert(tuple.key).second) return;
    if (is_full()) {
      std::pop_heap(heap_.begin(), heap_.end(), comes_first);
      keys_.erase(heap_.back().key);
      heap_.pop_back();
    }
    heap_.push_back(std::move(tuple));
    std::push_heap(heap_.begin(), heap_.end(), comes_first);
  }

  bool is_full() const { return heap_.size() >= capacity_; }
  // The last of those kept; only if it is full, and the capacity is not zero.
  const SortTuple& last() const { return heap_.front(); }

  std::vector<SortTuple> take() {
    std::sort(heap_.begin(), heap_.end(),
              [this](const SortTuple& a, const SortTuple& b) { return compare(sort_, a, b) < 0; });
    return std::move(heap_);
  }

 private:
  std::span<const search::SortKey> sort_;
  const SortTuple* after_;
  std::size_t capacity_;
  std::vector<SortTuple> heap_;
  std::unordered_set<std::int64_t> keys_;
};

}  // namespace vesta::store::sqlite
