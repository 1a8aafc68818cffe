// Forgetting: the rows of each table, and what is listed as present.
#include "store/postgres/forget.h"

#include <string>

#include "sql/table.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"
#include "store/postgres/tables.h"

namespace vesta::store::postgres {
namespace {

// Whole resources at a time, as rows have no name of their own.
std::string forget_sql(const sql::Table& table) {
  const std::string name = sql::name_of(table);
  return "WITH gone AS (DELETE FROM " + name + " WHERE parameter = ANY($1) AND key IN (SELECT key FROM " + name +
         " WHERE parameter = ANY($1) LIMIT $2) RETURNING 1) SELECT count(*) FROM gone";
}

constexpr const char* kForgetPresent =
    "WITH gone AS (UPDATE resource SET present = ARRAY(SELECT p FROM unnest(present) p WHERE p <> ALL($1))"
    "  WHERE key IN (SELECT key FROM resource WHERE type = ANY($3) AND present && $1 LIMIT $2) RETURNING 1)"
    " SELECT count(*) FROM gone";
constexpr const char* kForgetPresentInside =
    "WITH gone AS (UPDATE contained SET present = ARRAY(SELECT p FROM unnest(present) p WHERE p <> ALL($1))"
    "  WHERE (key, place) IN (SELECT key, place FROM contained WHERE type = ANY($3) AND present && $1 LIMIT $2)"
    "  RETURNING 1) SELECT count(*) FROM gone";

}  // namespace

Result<bool> forget_rows(Connection& connection, const Catalog& catalog, const std::vector<std::int32_t>& parameters,
                         const std::vector<std::int32_t>& types) {
  Parameters rows, present;
  for (Parameters* each : {&rows, &present}) {
    each->integers(parameters);
    each->bigint(kForgottenRows);
  }
  present.integers(types);
  connection.send("BEGIN");
  connection.send(lock_head(catalog.is_distributed(), "1"));
  int sent = 2;
  for (std::size_t table = 0; table < kTables; ++table) {
    const IndexTable& index = index_table(static_cast<Table>(table));
    if (!index.has_parameter()) continue;
    connection.send(forget_sql(index.shape), rows);
    ++sent;
  }
  connection.send(kForgetPresent, present);
  connection.send(kForgetPresentInside, present);
  sent += 2;
  connection.send("COMMIT");
  VESTA_TRY(const std::vector<Rows> answers, connection.sync());
  bool is_done = true;
  for (int i = 2; i < sent; ++i) {
    is_done = is_done && answers[static_cast<std::size_t>(i)].integer(0, 0) < kForgottenRows;
  }
  return is_done;
}

}  // namespace vesta::store::postgres
