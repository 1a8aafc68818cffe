// The SQLite engine: one file, one writer with group commit, readers on connections of their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "search/parameter.h"
#include "store/sqlite/page_cipher.h"
#include "store/sqlite/tuning.h"
#include "store/store.h"

namespace vesta::store::sqlite {

inline constexpr double kSearchesOfAProcessor = 2;  // at the same time, if nothing else is said

struct OpenOptions {
  std::string directory = {};                  // is created; holds vesta.db and vesta.lock
  const search::Registry* registry = nullptr;  // outlives the store
  Clock* clock = nullptr;                      // null: the system's
  Metrics* metrics = nullptr;                  // null: none
  // Needed if the store was indexed under another registry: the index values of a version, whose views live until the
  // next call on the same thread. The index is then rebuilt after open, on the writer's thread: meanwhile reads are
  // answered, searches and commits are `busy` (`unavailable` once it has failed), and writable() says why.
  std::function<Result<search::IndexValues>(const Version&)> reindex = {};
  std::function<void(std::uint64_t done, std::uint64_t of)> progress = {};  // of the rebuild; may be empty
  std::string vfs = {};                                                     // of SQLite, for tests; empty: the default
  std::size_t running_searches = 0;   // at the same time, see SearchGate; 0: by the processors
  Tuning tuning = {};                 // for tests
  std::optional<DataKeys> keys = {};  // what open_keys has found in `directory`; none: it is not encrypted
};

// Opens, creates or migrates the store. Errors: unavailable: the directory cannot be used, another process has it open,
// the file is damaged, no store or of a newer version, or must be indexed again and `reindex` is empty. The destructor
// finishes what is queued and leaves one file without a log.
Result<std::unique_ptr<Store>> open(OpenOptions options);

}  // namespace vesta::store::sqlite
