// SqlPrinter: the rows of a statement as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "store/view_tables.h"

namespace vesta::server::commands {

// An object a line; one array; columns that stand below each other.
enum class SqlFormat : std::uint8_t { csv, ndjson, json, table };
const std::map<std::string, SqlFormat>& sql_formats();  // by their names

inline constexpr std::size_t kMaxTableSample =
    1000;                                         // rows that are held until the widths of a table's columns are known
inline constexpr std::size_t kMaxTableCell = 60;  // characters of a cell: more are cut

// Of one statement: begin(), row() for each row, end(). Each appends to `out` what can be printed by then.
class SqlPrinter {
 public:
  explicit SqlPrinter(SqlFormat format) : format_(format) {}

  void begin(std::span<const std::string> columns, std::string& out);
  void row(std::span<const store::ViewValue> values, std::string& out);
  void end(std::string& out);

 private:
  void append_csv(std::span<const store::ViewValue> values, std::string& out) const;
  void append_object(std::span<const store::ViewValue> values, std::string& out) const;
  void add_to_table(std::span<const store::ViewValue> values, std::string& out);
  void append_sample(std::string& out);
  void append_cells(const std::vector<std::string>& cells, std::string& out) const;

  SqlFormat format_;
  std::vector<std::string> columns_;
  std::size_t rows_ = 0;
  std::vector<std::vector<std::string>> sample_;
  std::vector<std::size_t> widths_;  // of a table; empty: not known yet
};

}  // namespace vesta::server::commands
