// Reindex: rebuilds the index tables when the registry they were made with is not the present one.
#pragma once

#include <atomic>
#include <functional>

#include "store/sqlite/bodies.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace vesta::store::sqlite {

enum class IndexState { fresh, current, outdated };
// fresh: a new store, nothing indexed yet.
Result<IndexState> index_state(Connection& connection, std::string_view fingerprint);
// See Statistics::index_epoch. Raised before the store is opened, so that nobody takes the old index for the new one.
Result<std::uint64_t> index_epoch(Connection& connection);
Status raise_index_epoch(Connection& connection);
Status raise_index_epoch(Connection& connection, std::uint64_t to);
Status set_fingerprint(Connection& connection, std::string_view fingerprint);

struct ReindexOptions {
  std::function<Result<search::IndexValues>(const Version&)> extract;
  std::function<void(std::uint64_t done, std::uint64_t of)> progress;
};
inline constexpr int kMaxReindexWarnings = 20;  // of one rebuild; further resources are only counted

// In steps of one transaction each; a process that dies goes on at the next open where the last step ended. A resource
// that cannot be extracted (or not even be read) does not stop it: it is logged and counted, stays readable by id, and
// is found by no parameter until it is written again; verify reports it. Errors: unavailable (the disk, `extract` says
// so, or `stopping` was set).
Status rebuild_index(Connection& connection, Catalog& catalog, Bodies& bodies, const ReindexOptions& options,
                     const std::atomic<bool>& stopping);

}  // namespace vesta::store::sqlite
