// Taking index rows of parameters away, in steps.
#pragma once

#include <cstdint>
#include <vector>

#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr std::int64_t kMaxForgottenRows = 2'000;  // of one step: commits of others wait for it

// The numbers of `parameters`, and of all that the Registry does not know or has retired.
std::vector<std::int64_t> unused_numbers(const Catalog& catalog, const std::vector<search::ParameterId>& parameters);

// In the open transaction. True: the rows of none of these are left.
Result<bool> forget_rows(Connection& connection, const std::vector<std::int64_t>& numbers);

}  // namespace vesta::store::sqlite
