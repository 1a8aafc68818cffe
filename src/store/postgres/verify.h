// Verify: whether what the tables say of each other is so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace vesta::store::postgres {

// On one snapshot. See Store::verify.
Result<std::uint64_t> verify_store(Connection& connection, Catalog& catalog, const Store::Extract& extract,
                                   const std::function<void(std::string)>& report);

}  // namespace vesta::store::postgres
