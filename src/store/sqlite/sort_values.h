// Sort values: what resources sort by, read from their rows or from the index.
#pragma once

#include <vector>

#include "search/plan.h"
#include "store/sort_tuple.h"
#include "store/sqlite/sorting.h"

namespace vesta::store::sqlite {

// The tuples of the part's `keys` (sorted), in their order. Each costs the resource's row; but for many keys, tokens,
// references and uris cost one pass over the index rows of their parameter.
Result<std::vector<SortTuple>> load_tuples(Part& part, const Keys& keys);

// True if the index has no rows in the order of this key that are worth walking.
bool needs_index_pass(const search::SortKey& key);

}  // namespace vesta::store::sqlite
