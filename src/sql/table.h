// Table: a table as data, and the statements that are made of it in either dialect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/dialect.h"

namespace vesta::sql {

struct Column {
  enum class Null : std::uint8_t { allowed, refused };
  // How texts compare: as the database is set up (SQLite: as their bytes), as their bytes, or whatever their case.
  enum class Compare : std::uint8_t { usual, bytes, ignoring_case };

  std::string name;
  std::optional<Type> type;  // none: values of any type; in PostgreSQL, which has no such column, texts
  Null null = Null::allowed;
  Compare compare = Compare::usual;
  bool is_list = false;  // each value is a list of the type: PostgreSQL's alone; bound and read as text, "{1,2}"
};

struct IndexPart {
  std::string column;
  std::size_t first_bytes = 0;  // 0: all; a value may be longer than an index takes
};
using Index = std::vector<IndexPart>;

// By the hash of a column. SQLite has none: there it is one table.
struct Partitions {
  std::string column;
  int count = 0;
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> key = {};  // unique; empty: there is none
  std::vector<Index> indexes = {};
  std::optional<Partitions> partitions = {};
  std::string schema = {};  // empty: that of the connection

  const Column& column(std::string_view name) const;
};

// Its name in a statement.
std::string name_of(const Table& table);

// Statements, each with its ';'.
std::string create_table(Dialect dialect, const Table& table);
// If it is there. What others made of it in PostgreSQL goes with it.
std::string drop_table(Dialect dialect, const Table& table);
std::string rename_table(const Table& table, std::string_view name);

// A row, bound in the order of the columns; of the same key only the newest stays.
std::string insert_row(Dialect dialect, const Table& table);
std::string upsert_row(Dialect dialect, const Table& table);
// Many rows, an array for each column: PostgreSQL's alone.
std::string insert_rows(const Table& table);

// All columns of all rows, or of those with the bound value in this column.
std::string select_rows(Dialect dialect, const Table& table, std::string_view by = {});
std::string delete_rows(Dialect dialect, const Table& table, std::string_view by);
// With any value of the bound array: PostgreSQL's alone.
std::string delete_any(const Table& table, std::string_view by);

// The names of the tables that the connection sees first, and a CREATE TABLE for each.
std::string_view list_tables(Dialect dialect);

}  // namespace vesta::sql
