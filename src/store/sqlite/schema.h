// The tables of a store's file, and the migrations that lead to them. Described in docs/formats/store.md.
#pragma once

#include "base/result.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr int kSchemaVersion = 2;
inline constexpr int kApplicationId = 0x56535441;  // "VSTA"

// The column resource.state.
enum class State : int {
  named = 0,  // only named by a reference; there is no version
  current = 1,
  deleted = 2,
};

// Creates the tables in an empty file, or migrates an older file forward, one transaction per step. Errors:
// unavailable, if the file is not a store or was written by a newer Vesta.
Status create_or_migrate(Connection& connection);

// Removes all rows of the index tables, by dropping and creating them again. Within the caller's transaction.
Status clear_index(Connection& connection);

}  // namespace vesta::store::sqlite
