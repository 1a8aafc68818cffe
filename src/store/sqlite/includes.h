// Includes: what `_include` and `_revinclude` bring beside the matches of a page.
#pragma once

#include <vector>

#include "search/plan.h"
#include "store/sqlite/bodies.h"
#include "store/sqlite/executor.h"
#include "store/store.h"

namespace vesta::store::sqlite {

// The versions of `keys`, in their order, until their texts have `max_bytes`.
Status read_versions(Connection& connection, const Catalog& catalog, const Bodies& bodies, const Keys& keys,
                     std::size_t max_bytes, std::vector<Version>& versions);

struct Includes {
  const std::vector<search::Include>& all;
  const search::Visibility* visible;  // null: everything
  Binding to;                         // as the query's
};
// What `includes` lead to from the matches `keys`, each resource once and none of the matches. Errors: too_large, if
// there are more than kMaxIncluded or kMaxPageBytes.
Status add_included(Executor& executor, const Bodies& bodies, const Includes& includes, const Keys& keys,
                    std::vector<Version>& included);

}  // namespace vesta::store::sqlite
