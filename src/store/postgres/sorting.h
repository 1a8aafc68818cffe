// What resources are ordered by, as SQL: columns, ORDER BY, and what lies behind a position.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "search/plan.h"
#include "store/postgres/catalog.h"
#include "store/postgres/conditions.h"
#include "store/postgres/parameters.h"
#include "store/sort_tuple.h"
#include "store/store.h"

namespace vesta::store::postgres {

// The keys are of parameters alone, whose values an index has by the resource's key.
bool is_by_parameters(const std::vector<search::SortKey>& sort);

// The columns s0, s1 … of a subject: the expressions, each with a comma in front.
Result<std::string> sort_columns(Catalog& catalog, const search::Query& query, const SqlSubject& subject);

// "s0 ASC NULLS LAST, …, part, ord", or all of it turned round.
std::string order_by(const std::vector<search::SortKey>& sort, SearchOptions::Direction direction);
// The same of one query's matches by their key.
std::string order_by_key(const std::vector<search::SortKey>& sort, SearchOptions::Direction direction);

// Whether a row comes behind (or before) the tuple; of all columns.
std::string beyond(const std::vector<search::SortKey>& sort, const SortTuple& tuple, SearchOptions::Direction direction,
                   Parameters& parameters);

// The values s0 … of a row, from this column on.
std::vector<SortValue> sort_values_at(const std::vector<search::SortKey>& sort, const Rows& rows, int row, int column);

}  // namespace vesta::store::postgres
