// ViewQuery: the contract for SQL over tables of views, which can read and do nothing else.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/view_tables.h"

namespace vesta::store {

// Not thread-safe. Others may write meanwhile, in this process or another; each statement sees one state.
class ViewQuery {
 public:
  using Columns = std::function<void(std::span<const std::string> names)>;
  // False: no further row is wanted.
  using Row = std::function<bool(std::span<const ViewValue> values)>;

  virtual ~ViewQuery() = default;

  // Runs statements, one after the other: `columns` once for each, then `row` for each row. Errors (invalid): it is no
  // SQL, or would do more than read; unavailable: the disk's or the database's reasons; busy: it took too long.
  virtual Status run(std::string_view sql, const Columns& columns, const Row& row) = 0;
  // Whether statements end here: behind a ';' that stands in no text and no comment.
  virtual bool is_complete(const std::string& sql) const = 0;
  // A statement that gives the name of each table and its CREATE TABLE.
  virtual std::string tables_sql() const = 0;
};

}  // namespace vesta::store
