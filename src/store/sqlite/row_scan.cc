// Stepping and looking up.
#include "store/sqlite/row_scan.h"

#include "store/sqlite/resource_rows.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kRows{"SELECT key, last_updated, indexed, type, state, id FROM resource WHERE key >= ?1 ORDER BY key"};
constexpr std::int64_t kMaxStep = 3;  // so many rows further on, a step costs less than a look-up

}  // namespace

RowScan::RowScan(Connection& connection) : cursor_(connection, kRows) {}

Status RowScan::move_to(std::int64_t key) {
  if (key == at_) return kOk;
  if (at_ == 0 || key < at_ || key - at_ > kMaxStep) {
    cursor_.reset();
    cursor_.integer(1, key);
    at_ = 0;
  }
  while (at_ < key && cursor_.step()) at_ = cursor_.integer_at(0);
  if (at_ == key) return kOk;
  at_ = 0;
  VESTA_CHECK_OK(cursor_.status());
  return make_error(Category::unavailable, "an index row points to a resource that is not there");
}

Instant RowScan::last_updated() const {
  return from_stored_time(cursor_.integer_at(1));
}

std::string RowScan::id() const {
  return id_at(cursor_, 5);
}

}  // namespace vesta::store::sqlite
