// The tables, their version, and how one version becomes the next.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

inline constexpr std::int64_t kSeqsPerPartition = std::int64_t{1} << 24;  // versions in one partition of `history`

// Makes the next version of the tables out of the one before.
struct SchemaStep {
  std::string script;
  // Programs whose own version is this one or a newer may serve the tables afterwards: a step that only adds what older
  // ones need not know keeps the number of the step before, and nodes serve on meanwhile.
  int oldest;
};

// Step i makes version i + 1; a program's own version is the number of its steps. Why so: decision 0026.
// `with_citus`: the database has the extension, and a new one's tables are distributed.
std::vector<SchemaStep> shipped_steps(bool with_citus);
std::vector<SchemaStep> schema_steps(bool with_citus);

// How it is made sure that no node serves. `check`: the property `key` as it was when none did; errors: busy: one does.
// Whoever begins to serve changes that property first, and then looks whether it may (check_schema).
struct Alone {
  std::string key;
  std::function<Result<std::optional<std::string>>()> check;
};
// In a transaction: no node serves, and none begins before it ends. Errors: busy: one does; those of `check`.
Status hold_alone(Connection& connection, const Alone& alone);

// Makes the tables, or those of the newest version out of an older one's: in one transaction, one caller at a time.
// `alone` is asked before a step after which a program of the version that is there may not serve on.
// Errors: unavailable (also: the tables are of a newer version, which is not for this program); those of hold_alone.
Status migrate_schema(Connection& connection, const std::vector<SchemaStep>& steps, const Alone& alone);
// Errors: unavailable: there are no tables, or they are of a version that a program of these steps may not serve.
Status check_schema(Connection& connection, const std::vector<SchemaStep>& steps);

}  // namespace vesta::store::postgres
