// The index of one resource, or of one that it contains, replaced as a whole, whatever it was before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/index_rows.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {

// What the row `key` is to be found by. All views and references outlive the call.
struct Replacement {
  std::int64_t key = 0;
  Scope scope = Scope::resource;
  const search::IndexValues& values;
  const IndexRows& rows;                    // of the values, but for references
  std::string_view indexed;                 // the blob, but for references
  std::vector<StoredReference> references;  // links to what is contained among them
  std::string_view name;                    // for messages
};

// False: all was there already, and nothing else by what the row says. Of words is only looked whether there are any:
// those of a version do not change.
Result<bool> replace_index(Connection& connection, Catalog& catalog, const Replacement& wanted);

}  // namespace vesta::store::sqlite
