// Forgetting: index rows of parameters that nobody goes by any more.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

inline constexpr std::int64_t kForgottenRows = 5'000;  // of each table with one call

// One transaction, in turn with commits. `types` are those of the parameters. True: no row is left.
Result<bool> forget_rows(Connection& connection, const Catalog& catalog, const std::vector<std::int32_t>& parameters,
                         const std::vector<std::int32_t>& types);

}  // namespace vesta::store::postgres
