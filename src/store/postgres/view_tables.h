// Tables of views in a schema of their own, where any tool that knows SQL finds them.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/view_query.h"
#include "store/view_tables.h"

namespace vesta::store::postgres {

// Who takes a table's place waits so long for those who read it, and keeps others from beginning meanwhile.
inline constexpr std::chrono::milliseconds kMaxViewLockWait{2'000};
inline constexpr int kFetchedRows = 1000;  // of a statement, in memory at a time

// In the schema `views`; of a store that is not in `public`, but in the schema x, `x_views`. Null: there are none, and
// `may_create` is false. Errors: unavailable, also: the schema has tables of another program.
Result<std::unique_ptr<ViewTables>> open_view_tables(const std::string& url, bool may_create);
// What it may read is what the URL's user may. Errors: not_found: there are none.
Result<std::unique_ptr<ViewQuery>> open_view_query(const std::string& url);

}  // namespace vesta::store::postgres
