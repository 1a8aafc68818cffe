// Sorting: the first matches of a query in the order of its sort keys, behind a position, in bounded memory.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/plan.h"
#include "store/sort_tuple.h"
#include "store/sqlite/executor.h"

namespace vesta::store::sqlite {

// At most `count` tuples that come after `after` (null: from the start), in order.
Result<std::vector<SortTuple>> sorted_matches(Executor& executor, PlanNode& plan, const search::Query& query,
                                              const SortTuple* after, std::size_t count);

}  // namespace vesta::store::sqlite
