// The index of one resource replaced as a whole, whatever it was before.
#pragma once

#include <cstdint>
#include <vector>

#include "store/sqlite/prepared.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {

// `write` is of Kind::index, `references` are those of its values. False: all was there already, and nothing else by
// what the resource's row says. Of words is only looked whether there are any: those of a version do not change.
Result<bool> replace_index(Connection& connection, Catalog& catalog, const PreparedWrite& write,
                           const std::vector<StoredReference>& references, std::int64_t key);

}  // namespace vesta::store::sqlite
