// Sorting: the first matches of a search in the order of its sort keys, behind a position, in bounded memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "search/plan.h"
#include "store/sort_tuple.h"
#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {

// One of a search's queries, bound to the store.
struct Part {
  std::uint32_t number;  // its place among the queries
  const search::Query& query;
  Executor& executor;
  PlanNode plan;
};

struct Sorted {
  std::vector<SortTuple> tuples;  // in the order of the direction
  bool has_other_side = false;    // something lies at or before `from`; false: nothing was met
};
// At most `count` tuples of all parts together that come behind `from` as the direction goes (null: from its start).
Result<Sorted> sorted_matches(std::span<Part> parts, const SortTuple* from, Direction direction, std::size_t count);

}  // namespace vesta::store::sqlite
