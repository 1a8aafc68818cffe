// Distribution by Citus: its catalogue, and the statements it makes different.
#include "store/postgres/distribution.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "sql/dialect.h"
#include "sql/parameters.h"
#include "sql/table.h"
#include "store/postgres/parameters.h"
#include "store/postgres/tables.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kHasCitus = "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')";
// Those that stand together with `resource`.
constexpr const char* kDistributed =
    "SELECT count(*) FROM pg_dist_partition p JOIN pg_dist_partition r ON r.colocationid = p.colocationid"
    " AND r.logicalrelid = 'resource'::regclass WHERE r.partmethod = 'h' AND p.logicalrelid = "
    "ANY($1::text[]::regclass[])";

// All with a resource's key.
constexpr std::size_t kDistributedTables = kTables + 2;
std::array<std::string, kDistributedTables> distributed_tables() {
  std::array<std::string, kDistributedTables> names{"resource", "history"};
  for (std::size_t table = 0; table < kTables; ++table) {
    names[table + 2] = sql::name_of(index_table(static_cast<Table>(table)).shape);
  }
  return names;
}

}  // namespace

Result<bool> has_citus(Connection& connection) {
  VESTA_TRY(const Rows found, connection.run(kHasCitus, {}, Connection::Keep::once));
  return found.boolean(0, 0);
}

Result<bool> is_distributed(Connection& connection) {
  VESTA_TRY(const bool is_there, has_citus(connection));
  if (!is_there) return false;
  sql::Array names(sql::Type::text);
  for (std::string& name : distributed_tables()) names.add(std::move(name));
  Parameters parameters;
  parameters.array(std::move(names));
  VESTA_TRY(const Rows found, connection.run(kDistributed, parameters, Connection::Keep::once));
  const std::int64_t count = found.integer(0, 0);
  if (count != 0 && count != static_cast<std::int64_t>(kDistributedTables)) {
    return make_error(Category::unavailable, "the database's tables are not distributed together");
  }
  return count != 0;
}

std::string distribution_sql() {
  std::string script = kOneByOne;
  for (const std::string& name : distributed_tables()) {
    script += "SELECT create_distributed_table('" + name + "', 'key', colocate_with => '" +
              (name == "resource" ? "none" : "resource") + "');";
  }
  script += "SELECT create_distributed_table('place', 'id', colocate_with => 'none');";
  return script;
}

Status begin_reading(Connection& connection, bool is_distributed) {
  if (!is_distributed) {
    connection.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return kOk;
  }
  // Behind the lock each statement has a snapshot of its own.
  connection.send("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
  VESTA_CHECK_OK(connection.run(kAwaitFeed));
  return kOk;
}

std::string lock_head(bool is_distributed, std::string_view columns) {
  return "SELECT " + std::string(columns) + " FROM head" +
         (is_distributed ? ", pg_advisory_xact_lock(8241005, hashtext(current_schema()))" : "") + " FOR UPDATE OF head";
}

Selection linked(bool is_distributed, const Selection& rows, const std::string& columns, const Selection& others,
                 const std::string& other_columns) {
  if (is_distributed) {
    return {rows.from, rows.where + " AND (" + columns + ") IN (SELECT " + other_columns + " FROM " + others.from +
                           " WHERE " + others.where + ")"};
  }
  return {rows.from + " JOIN " + others.from + " ON (" + columns + ") = (" + other_columns + ")",
          rows.where + " AND " + others.where};
}

std::string resource_of_each(bool is_distributed) {
  return is_distributed ? " JOIN resource r ON r.key = d.key"
                        : ", LATERAL (SELECT * FROM resource WHERE key = d.key OFFSET 0) r";
}

}  // namespace vesta::store::postgres
