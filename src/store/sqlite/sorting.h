// Sorting: the first matches of a query in the order of its sort keys, behind a position, in bounded memory.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/plan.h"
#include "store/sort_tuple.h"
#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {

struct Sorted {
  std::vector<SortTuple> tuples;  // in the order of the direction
  bool has_other_side = false;    // something lies at or before `from`; false: nothing was met
};
// At most `count` tuples that come behind `from` as the direction goes (null: from its start).
Result<Sorted> sorted_matches(Executor& executor, PlanNode& plan, const search::Query& query, const SortTuple* from,
                              Direction direction, std::size_t count);

}  // namespace vesta::store::sqlite
