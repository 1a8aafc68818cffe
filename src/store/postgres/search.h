// Searches: pages of matches in both directions, totals, and what is included; and the conditions of commits.
#pragma once

#include <span>

#include "base/result.h"
#include "search/plan.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/row_counts.h"
#include "store/store.h"

namespace vesta::store::postgres {

// In a transaction of its own, of one snapshot. See Store::search.
Result<SearchPage> run_search(Connection& connection, Catalog& catalog, RowCounts& counts,
                              std::span<const search::Query> queries, const SearchOptions& options);

// In the present transaction. See Condition. Errors: conflict.
Status check_condition(Connection& connection, Catalog& catalog, const Condition& condition);

}  // namespace vesta::store::postgres
