// Search: pages of one or several queries on one read transaction.
#pragma once

#include "store/sqlite/bodies.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/id_keys.h"
#include "store/sqlite/kept_values.h"
#include "store/sqlite/shared_plans.h"
#include "store/sqlite/tuning.h"
#include "store/sqlite/value_counts.h"
#include "store/store.h"

namespace vesta::store::sqlite {

// What searches of one store share.
struct SearchTools {
  const Catalog& catalog;
  const Bodies& bodies;
  const Tuning& tuning;
  ValueCounts& counts;
  KeptValues& values;
  IdKeys& ids;
  SharedPlans& shared;
};

// The transaction has begun, but nothing has been read in it.
Result<SearchPage> run_search(Connection& connection, const SearchTools& tools, std::span<const search::Query> queries,
                              const SearchOptions& options);

// Do exactly `condition.matches` match in the state that `connection` sees? conflict, if not.
Status check_condition(Connection& connection, const Catalog& catalog, const Condition& condition);

}  // namespace vesta::store::sqlite
