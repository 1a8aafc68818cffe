// Includes: what references lead to from the matches of a page, and from where to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace vesta::store::postgres {

// In the snapshot of the search. `matches` are their keys. Errors: too_large.
Result<std::vector<Version>> read_included(Connection& connection, Catalog& catalog, const std::string& base_url,
                                           const SearchOptions& options, const std::vector<std::int64_t>& matches);

}  // namespace vesta::store::postgres
