// Verify: holds a store's file against itself and against what its resources should be found by.
#pragma once

#include <functional>
#include <string>

#include "store/sqlite/bodies.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace vesta::store::sqlite {

// See Store::verify. On one read transaction: commits go on meanwhile, the log grows until it ends.
Result<std::uint64_t> verify_store(Connection& connection, Catalog& catalog, const Bodies& bodies,
                                   const Store::Extract& extract, const std::function<void(std::string)>& report);

}  // namespace vesta::store::sqlite
