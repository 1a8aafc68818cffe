// PreparedSet: a WriteSet made ready on its caller's thread, so that the writer has little more to do than to insert.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "store/sqlite/bodies.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/contained_rows.h"
#include "store/sqlite/index_rows.h"
#include "store/sqlite/resource_rows.h"
#include "store/store.h"

namespace vesta::store::sqlite {

struct PreparedWrite {
  std::int64_t type = 0;  // the store's number
  StoredId id;
  const Write* source = nullptr;
  Body body;                                 // put only
  std::string indexed;                       // put and index: all index values but references
  IndexRows added;                           // what the present rows lack; without references
  IndexRows removed;                         // what they have too much
  std::vector<PendingReference> references;  // of the new version
  std::vector<PendingReference> removed_references;
  PreparedContained contained;  // of the new version
};

// Views point into `source` and into `texts`; both outlive the commit.
struct PreparedSet {
  const WriteSet* source = nullptr;
  std::vector<PreparedWrite> writes;
  std::deque<std::string> texts;
  std::size_t bytes = 0;  // an estimate of the memory it holds
};

// Errors: internal, if a resource occurs twice; too_large, if the store has no number for a search parameter.
Result<PreparedSet> prepare(Catalog& catalog, Bodies& bodies, const WriteSet& writes);

}  // namespace vesta::store::sqlite
