// Sorting by a stream of all matches.
#include "store/sqlite/sorting.h"

#include "store/sqlite/sort_values.h"
#include "store/sqlite/sort_walk.h"
#include "store/sqlite/top.h"

namespace vesta::store::sqlite {
namespace {

// Offers every match, or those without a value of the first key.
enum class Which { all, without_first };
Status stream(Executor& executor, PlanNode& plan, const search::Query& query, Which which, Top& top) {
  bool has_pass = false;
  for (const search::SortKey& key : query.sort) has_pass = has_pass || needs_index_pass(key);
  const std::int64_t chunk = has_pass ? executor.tuning().pass_chunk : executor.tuning().count_chunk;
  for (std::int64_t after = 0; after != INT64_MAX;) {
    VESTA_TRY(const KeyPage page, executor.matches(plan, {after, chunk}));
    if (!page.keys.empty()) {
      VESTA_TRY(std::vector<SortTuple> tuples, load_tuples(executor, query.sort, page.keys));
      for (SortTuple& tuple : tuples) {
        if (which == Which::all || !tuple.values.front()) top.offer(std::move(tuple));
      }
    }
    after = page.upto;
  }
  return kOk;
}

}  // namespace

// Resources without a value of the first key come last: backward they are the first to be met.
Result<Sorted> sorted_matches(Executor& executor, PlanNode& plan, const search::Query& query, const SortTuple* from,
                              Direction direction, std::size_t count) {
  Top top(query.sort, from, direction, count);
  VESTA_TRY(const bool is_small, executor.is_small(plan, executor.tuning().walk_from));
  if (is_small || needs_index_pass(query.sort.front())) {
    VESTA_CHECK_OK(stream(executor, plan, query, Which::all, top));
  } else if (direction == Direction::forward) {
    const bool is_past_values = from != nullptr && !from->values.front();
    if (!is_past_values) VESTA_CHECK_OK(walk(executor, plan, query, from, top));
    if (!top.is_full()) VESTA_CHECK_OK(stream(executor, plan, query, Which::without_first, top));
  } else {
    const bool is_in_values = from != nullptr && from->values.front();
    if (!is_in_values) VESTA_CHECK_OK(stream(executor, plan, query, Which::without_first, top));
    if (!top.is_full()) VESTA_CHECK_OK(walk(executor, plan, query, is_in_values ? from : nullptr, top));
  }
  const bool has_other_side = top.has_other_side();
  return Sorted{top.take(), has_other_side};
}

}  // namespace vesta::store::sqlite
