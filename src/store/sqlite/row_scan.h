// RowScan: the rows of resources, one after the other.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"

namespace vesta::store::sqlite {

// OPTIMIZATION: resources of one type or one patient often stand together; from one to the next it steps, and looks up
// only what is further away.
class RowScan {
 public:
  explicit RowScan(Connection& connection);

  // Errors: unavailable, if there is no such row: index rows and references have its key.
  Status move_to(std::int64_t key);

  // Of the row at hand; views are valid until it moves.
  Instant last_updated() const;
  std::string_view indexed() const { return cursor_.bytes_at(2); }
  std::int64_t type() const { return cursor_.integer_at(3); }
  State state() const { return static_cast<State>(cursor_.integer_at(4)); }
  std::string id() const;

 private:
  Cursor cursor_;
  std::int64_t at_ = 0;  // 0: nowhere
};

}  // namespace vesta::store::sqlite
