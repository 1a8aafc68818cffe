// Which version the tables are of, who may serve them, and the way from one version to the next.
#include "store/postgres/schema.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "store/postgres/parameters.h"
#include "store/postgres/versions.h"

namespace vesta::store::postgres {
namespace {

// Any number: those who migrate wait for each other by it.
constexpr const char* kMigrationLock = "SELECT pg_advisory_xact_lock(8241002137)";

constexpr const char* kHasVersion = "SELECT to_regclass('schema_version') IS NOT NULL";
// Of version 1 it has no column `oldest`.
constexpr const char* kVersionAndOldest =
    "SELECT version, coalesce((to_jsonb(v)->>'oldest')::integer, version) FROM schema_version v";
constexpr const char* kSetVersion = "UPDATE schema_version SET version = $1, oldest = $2";

// What is made belongs into one schema, and a function finds its tables there whoever calls it, and no temporary ones.
constexpr const char* kPinSearchPath =
    "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)";
// Behind it nobody commits anything.
constexpr const char* kLockHead = "SELECT 1 FROM head FOR UPDATE";
// Nodes serve meanwhile, and whoever comes behind a lock that is waited for waits too.
constexpr const char* kBoundWaits = "SET LOCAL lock_timeout = 2000";

struct Found {
  int version = 0;  // 0: there are no tables
  int oldest = 0;
};

Result<Found> find_version(Connection& connection) {
  VESTA_TRY(const Rows has_version, connection.run(kHasVersion, {}, Connection::Keep::once));
  if (!has_version.boolean(0, 0)) return Found();
  VESTA_TRY(const Rows rows, connection.run(kVersionAndOldest, {}, Connection::Keep::once));
  if (rows.size() != 1) return make_error(Category::unavailable, "the database has no version of its tables");
  return Found{static_cast<int>(rows.integer(0, 0)), static_cast<int>(rows.integer(0, 1))};
}

std::string of_version(int version, int own) {
  return "the database has tables of version " + std::to_string(version) + ", and this program's is " +
         std::to_string(own);
}

// The oldest program that may serve tables of the version that so many steps make.
int oldest_after(const std::vector<SchemaStep>& steps, std::size_t count) {
  int oldest = 0;
  for (std::size_t i = 0; i < count; ++i) oldest = std::max(oldest, steps[i].oldest);
  return oldest;
}

Status migrate_locked(Connection& connection, const std::vector<SchemaStep>& steps, const Alone& alone) {
  VESTA_CHECK_OK(connection.run(kMigrationLock, {}, Connection::Keep::once));
  VESTA_TRY(const Found found, find_version(connection));
  const int own = static_cast<int>(steps.size());
  if (found.version > own) {
    if (found.oldest <= own) return kOk;
    return make_error(Category::unavailable, of_version(found.version, own));
  }
  if (found.version == own) return kOk;
  const int oldest = oldest_after(steps, steps.size());
  if (found.version > 0 && oldest > found.version) VESTA_CHECK_OK(hold_alone(connection, alone));
  VESTA_CHECK_OK(connection.run(kPinSearchPath, {}, Connection::Keep::once));
  VESTA_CHECK_OK(connection.run(kBoundWaits, {}, Connection::Keep::once));
  for (auto step = static_cast<std::size_t>(found.version); step < steps.size(); ++step) {
    VESTA_CHECK_OK(connection.script(steps[step].script));
  }
  Parameters made;
  made.bigint(own);
  made.bigint(oldest);
  VESTA_CHECK_OK(connection.run(kSetVersion, made, Connection::Keep::once));
  return kOk;
}

}  // namespace

Status hold_alone(Connection& connection, const Alone& alone) {
  VESTA_TRY(const std::optional<std::string> before, alone.check());
  VESTA_CHECK_OK(connection.run(kLockHead, {}, Connection::Keep::once));
  VESTA_TRY(const std::optional<std::string> now, read_property(connection, alone.key));
  if (now != before) return make_error(Category::busy, "a node has begun to serve the store, or has just ended");
  return kOk;
}

Status migrate_schema(Connection& connection, const std::vector<SchemaStep>& steps, const Alone& alone) {
  VESTA_CHECK_OK(connection.run("BEGIN", {}, Connection::Keep::once));
  Status migrated = migrate_locked(connection, steps, alone);
  const Result<Rows> ended = connection.run(migrated.ok() ? "COMMIT" : "ROLLBACK", {}, Connection::Keep::once);
  if (migrated.ok() && !ended.ok()) return ended.error();
  return migrated;
}

Status check_schema(Connection& connection, const std::vector<SchemaStep>& steps) {
  VESTA_TRY(const Found found, find_version(connection));
  const int own = static_cast<int>(steps.size());
  if (found.version >= own && found.oldest <= own) return kOk;
  if (found.version == 0) {
    return make_error(Category::unavailable, "the database has no tables of Vesta: `vesta migrate` makes them");
  }
  return make_error(Category::unavailable, of_version(found.version, own) +
                                               (found.version < own ? ": `vesta migrate` brings them there" : ""));
}

}  // namespace vesta::store::postgres
