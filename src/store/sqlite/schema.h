// The tables of a store's file, and the migrations that lead to them. Described in docs/formats/store.md.
#pragma once

#include <span>

#include "base/result.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr int kSchemaVersion = 7;
inline constexpr int kApplicationId = 0x56535441;  // "VSTA"

// The column resource.state.
enum class State : int {
  named = 0,  // only named by a reference; there is no version
  current = 1,
  deleted = 2,
};

// One step of the schema. It runs inside a transaction of its own, together with the change of user_version.
struct Migration {
  const char* name;  // what it does, for messages: "create the tables"
  Status (*run)(Connection&);
};

// The steps from an empty file to kSchemaVersion: step i leads from version i to i + 1.
std::span<const Migration> schema_steps();

// Brings a file to version `steps.size()`: creates the tables in an empty one, migrates an older one forward. Errors:
// unavailable, if the file is no store or was written by a newer Vesta; that of a step, with its name: the file is then
// as the step before has left it.
Status create_or_migrate(Connection& connection, std::span<const Migration> steps = schema_steps());

// Removes all rows of the index tables, by dropping and creating them again. Within the caller's transaction.
Status clear_index(Connection& connection);

}  // namespace vesta::store::sqlite
