// Top: keeps the first few of many sort tuples, or, backward, the last few.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "store/sort_tuple.h"

namespace vesta::store::sqlite {

// A heap whose front is the farthest from the start of those kept. A tuple that is offered again is ignored.
class Top {
 public:
  using Direction = SearchOptions::Direction;
  // `from`: nothing at or before it is wanted, as the direction goes; may be null.
  Top(std::span<const search::SortKey> sort, const SortTuple* from, Direction direction, std::size_t capacity)
      : sort_(sort), from_(from), direction_(direction), capacity_(capacity) {}

  void offer(SortTuple tuple) {
    if (from_ != nullptr && order(tuple, *from_) <= 0) {
      has_other_side_ = true;
      return;
    }
    if (capacity_ == 0) return;
    const auto comes_first = [this](const SortTuple& a, const SortTuple& b) { return order(a, b) < 0; };
    if (is_full() && !comes_first(tuple, heap_.front())) return;
    if (!met_.emplace(tuple.part, tuple.key).second) return;
    if (is_full()) {
      std::pop_heap(heap_.begin(), heap_.end(), comes_first);
      met_.erase({heap_.back().part, heap_.back().key});
      heap_.pop_back();
    }
    heap_.push_back(std::move(tuple));
    std::push_heap(heap_.begin(), heap_.end(), comes_first);
  }

  bool is_full() const { return heap_.size() >= capacity_; }
  // The last of those kept; only if it is full, and the capacity is not zero.
  const SortTuple& last() const { return heap_.front(); }
  // True: something lies at or before `from`. False: nothing such was offered.
  bool has_other_side() const { return has_other_side_; }
  Direction direction() const { return direction_; }

  // In the order of the direction.
  std::vector<SortTuple> take() {
    std::sort(heap_.begin(), heap_.end(), [this](const SortTuple& a, const SortTuple& b) { return order(a, b) < 0; });
    return std::move(heap_);
  }

 private:
  int order(const SortTuple& a, const SortTuple& b) const {
    return direction_ == Direction::forward ? compare(sort_, a, b) : compare(sort_, b, a);
  }

  std::span<const search::SortKey> sort_;
  const SortTuple* from_;
  Direction direction_;
  std::size_t capacity_;
  std::vector<SortTuple> heap_;
  std::set<std::pair<std::uint32_t, std::int64_t>> met_;  // those in the heap
  bool has_other_side_ = false;
};

}  // namespace vesta::store::sqlite
