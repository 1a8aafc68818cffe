// Copy: a whole store into another engine: versions with their numbers, times and bytes, the order of creation, the
// audit log with its chain, properties. Index values are made anew, by the Registry of today.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/result.h"
#include "search/index_value.h"
#include "search/parameter.h"
#include "store/digest.h"
#include "store/store.h"

namespace vesta::store {

inline constexpr std::size_t kCopyVersions = 1000;  // in one commit
inline constexpr std::size_t kCopyBytes = 8 << 20;  // of texts in one commit, but for a single longer one
inline constexpr std::size_t kCopyPropertiesPerCommit = 100;

class CopyIndexer {
 public:
  virtual ~CopyIndexer() = default;
  // What they point to lives until the next `reset`.
  virtual Result<search::IndexValues> values_of(const Version& version) = 0;
  virtual void reset() = 0;
};

struct CopyOptions {
  const search::Registry& registry;  // that both stores were opened with; not changed meanwhile
  CopyIndexer& indexer;
  std::size_t versions_per_commit = kCopyVersions;
  // After each commit: how many versions of how many are there. An error ends the copy, which can be resumed.
  std::function<Status(std::uint64_t done, std::uint64_t of)> progress = {};
};

struct Copied {
  Digest digest;                // of both
  std::uint64_t unindexed = 0;  // versions of this run that the indexer refuses: no search finds them
};

// Into an empty store, or one that an interrupted copy of `from` left. Nobody else may write to either meanwhile.
// At the end all that is in both is compared, and `to` verifies itself. Until then is_unfinished_copy(to) holds, and
// whoever opens it must ask. Errors: conflict: `to` holds something else, `from` was written to since the copy began or
// is itself unfinished, the stores differ (and where), or the index of `to` is wrong; those of the stores.
Result<Copied> copy(Store& from, Store& to, const CopyOptions& options);

Result<bool> is_unfinished_copy(Store& store);

}  // namespace vesta::store
