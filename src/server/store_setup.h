// Opening of the configured storage engine: the only place that names one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "cache/cache.h"
#include "search/parameter.h"
#include "server/config.h"
#include "store/sqlite/page_cipher.h"
#include "store/store.h"
#include "store/view_query.h"
#include "store/view_tables.h"

namespace vesta::server {

enum class OpenMode {
  create,    // a folder without a store gets one
  existing,  // it is an error: whoever only reads a store has mistyped its folder
};

// "sqlite", "memory" or "postgresql": of a URL no more is logged, as it may hold a password.
std::string engine_name(const StoreConfig& config);

// The data keys of an encrypted store; none: it is plain. A new store gets keys, if there is a key for them.
using StoreKeys = std::optional<store::sqlite::DataKeys>;
// Once, before the store or its views are opened. Errors: not_found (no store, if it must exist), those of the key's
// source; unavailable: key and store do not belong together; unsupported: the engine encrypts nothing.
Result<StoreKeys> open_store_keys(const StoreConfig& config, OpenMode mode);

// `registry`, `clock`, `metrics` and `cache` (which both may be null) outlive the store; PostgreSQL's nodes share the
// last. Errors: invalid (no such engine), not_found (no store, if it must exist), unavailable (a copy that is not
// finished), those of the engine.
Result<std::unique_ptr<store::Store>> open_store(const StoreConfig& config, const StoreKeys& keys, OpenMode mode,
                                                 const search::Registry& registry, Clock& clock, Metrics* metrics,
                                                 cache::Cache* cache = nullptr);
// The same, of a copy that is not finished too: for who goes on with it.
Result<std::unique_ptr<store::Store>> open_any_store(const StoreConfig& config, const StoreKeys& keys, OpenMode mode,
                                                     const search::Registry& registry, Clock& clock, Metrics* metrics,
                                                     cache::Cache* cache = nullptr);

// Tables of views beside the store; null: it has none and `may_create` is false, or its engine has none at all.
Result<std::unique_ptr<store::ViewTables>> open_view_tables(const StoreConfig& config, const StoreKeys& keys,
                                                            bool may_create);

// Errors: not_found: there are no tables of views; unsupported: the engine has none.
Result<std::unique_ptr<store::ViewQuery>> open_view_query(const StoreConfig& config, const StoreKeys& keys);

// The times in what several nodes write, and what expires, go by the clock of each. Errors (unavailable): this one is
// further from the database's than jobs::kMaxClockDifference; those of the engine.
Status check_clock(const StoreConfig& config, Clock& clock);

// Of a PostgreSQL database that this node stands in the list of: no migration that does not bear it has begun before it
// did. Errors: unavailable: one has.
Status check_may_serve(const StoreConfig& config, const search::Registry& registry);

// Makes the tables of a PostgreSQL database, or brings them to this program's version, and indexes it anew if it must
// be; nodes serve on meanwhile, or it is refused. `serving_role`: that of nodes, if it is not this one. Other engines
// do so when they are opened.
Status migrate_store(const StoreConfig& config, const search::Registry& registry, const std::string& serving_role = {});

// Blocks while the store rebuilds its index, as it does when a binary with other search parameters has written it; at
// most some hours. What else is wrong with it is left to its user to meet.
void wait_for_index(store::Store& store);

}  // namespace vesta::server
