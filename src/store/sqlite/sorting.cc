// Sorting by a stream of all matches, or by a walk in the order of the first key; of several types into one Top.
#include "store/sqlite/sorting.h"

#include <algorithm>

#include "store/sqlite/sort_values.h"
#include "store/sqlite/sort_walk.h"
#include "store/sqlite/top.h"

namespace vesta::store::sqlite {
namespace {

// Offers every match, or those without a value of the first key.
enum class Which { all, without_first };
Status stream(Part& part, Which which, Top& top) {
  Executor& executor = part.executor;
  bool has_pass = false;
  for (const search::SortKey& key : part.query.sort) has_pass = has_pass || needs_index_pass(key);
  const std::int64_t chunk = has_pass ? executor.tuning().pass_chunk : executor.tuning().count_chunk;
  for (std::int64_t after = 0; after != INT64_MAX;) {
    VESTA_TRY(const KeyPage page, executor.matches(part.plan, {after, chunk}));
    if (!page.keys.empty()) {
      VESTA_TRY(std::vector<SortTuple> tuples, load_tuples(part, page.keys));
      for (SortTuple& tuple : tuples) {
        if (which == Which::all || !tuple.values.front()) top.offer(std::move(tuple));
      }
    }
    after = page.upto;
  }
  return kOk;
}

// Few matches are met and sorted; many are met in their order. A type that is wanted as a whole gives what is best as
// soon as its walk begins: of several such, each has its share of what is few.
Result<bool> is_walked(Part& part, std::size_t parts) {
  const search::SortKey& first = part.query.sort.front();
  if (needs_index_pass(first)) return false;
  const bool by_time = first.column == search::SortKey::Column::last_updated;
  if (by_time && part.executor.scope() == Scope::contained) return false;  // they are in no order of commits
  VESTA_TRY(const std::int64_t resources, part.executor.type_size());
  std::int64_t limit = Executor::page_limit(part.executor.tuning().walk_from, resources);
  if (part.plan.kind == PlanNode::Kind::all) limit /= static_cast<std::int64_t>(parts);
  VESTA_TRY(const bool is_small, part.executor.is_small(part.plan, limit));
  return !is_small;
}

// Can a resource with (or without) a value of the first key still be among those kept?
bool may_improve(const Top& top, bool has_value) {
  if (!top.is_full()) return true;
  const bool is_last_with_value = top.last().values.front().has_value();
  return top.direction() == Direction::forward ? has_value || !is_last_with_value : !has_value || is_last_with_value;
}

// Those without a value of the only sort key are in the order of their own keys: the first `count` will do. `from`: of
// such a resource, or null.
Status stream_ordered(Part& part, const SortTuple* from, std::size_t count, Top& top) {
  const Direction direction = top.direction();
  const bool is_forward = direction == Direction::forward;
  if (from != nullptr && (is_forward ? part.number < from->part : part.number > from->part)) return kOk;
  std::int64_t at = from != nullptr && part.number == from->part ? from->key : start_of(direction);
  std::int64_t chunk = part.executor.tuning().first_batch;
  for (std::size_t offered = 0; at != end_of(direction) && offered < count;) {
    VESTA_TRY(const KeyPage page, part.executor.matches(part.plan, {at, chunk, direction}));
    VESTA_TRY(std::vector<SortTuple> tuples, load_tuples(part, page.keys));
    for (SortTuple& tuple : tuples) {
      if (tuple.values.front()) continue;
      ++offered;
      top.offer(std::move(tuple));
    }
    at = page.upto;
    chunk = std::min(chunk * 2, std::max(chunk, part.executor.tuning().count_chunk));
  }
  return kOk;
}

Status stream_without_first(Part& part, const SortTuple* from, std::size_t count, Top& top) {
  if (part.query.sort.size() == 1) return stream_ordered(part, from, count, top);
  return stream(part, Which::without_first, top);
}

// Those with a value of the first key, in its order; or all matches, if that costs less.
Status walk_or_stream(Part& part, const SortTuple* from, Top& top) {
  VESTA_TRY(const bool is_complete, walk(part, from, top));
  return is_complete ? kOk : stream(part, Which::all, top);
}

}  // namespace

// What is streamed comes first, and makes the walks end the sooner. Resources without a value of the first key come
// last: backward they are the first to be met.
Result<Sorted> sorted_matches(std::span<Part> parts, const SortTuple* from, Direction direction, std::size_t count) {
  Top top(parts.front().query.sort, from, direction, count);
  std::vector<Part*> walked;
  for (Part& part : parts) {
    VESTA_TRY(const bool is_to_walk, is_walked(part, parts.size()));
    if (is_to_walk) {
      walked.push_back(&part);
    } else {
      VESTA_CHECK_OK(stream(part, Which::all, top));
    }
  }
  const bool is_in_values = from != nullptr && from->values.front();
  const bool is_past_values = from != nullptr && !from->values.front();
  const auto walk_all = [&]() -> Status {
    for (Part* part : walked) {
      if (may_improve(top, true)) VESTA_CHECK_OK(walk_or_stream(*part, is_in_values ? from : nullptr, top));
    }
    return kOk;
  };
  const auto stream_rest = [&]() -> Status {
    for (Part* part : walked) {
      if (may_improve(top, false)) {
        VESTA_CHECK_OK(stream_without_first(*part, is_past_values ? from : nullptr, count, top));
      }
    }
    return kOk;
  };
  if (direction == Direction::forward) {
    if (!is_past_values) VESTA_CHECK_OK(walk_all());
    VESTA_CHECK_OK(stream_rest());
  } else {
    if (!is_in_values) VESTA_CHECK_OK(stream_rest());
    VESTA_CHECK_OK(walk_all());
  }
  const bool has_other_side = top.has_other_side();
  return Sorted{top.take(), has_other_side};
}

}  // namespace vesta::store::sqlite
