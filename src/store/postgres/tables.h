// The index tables as data, and the statements on their rows. Version 1 of the schema is made of this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sql/table.h"

namespace vesta::store::postgres {

// Every table has `key`, the resource's; rows of what it contains have the place of that, from 1, and rows of an
// element of a composite the element's number, from 1. A text that is too long for a B-tree's page stands in `long`;
// see index_rows.h.
enum class Table : std::uint8_t {
  token,
  string,
  reference,
  date,
  number,
  quantity,
  uri,
  position,
  word,
  inner_reference,  // to what the resource contains
  contained,        // what the resource contains
};
inline constexpr std::size_t kTables = 11;

// The indexes on decimal keys have no more than their first bytes: they may be longer than a page takes.
inline constexpr std::size_t kDecimalPrefix = 64;

struct IndexTable {
  sql::Table shape;
  std::string insert_rows;  // arrays of its columns
  std::string select_rows;  // those of resource $1
  std::string delete_rows;  // those of the resources $1

  explicit IndexTable(sql::Table shape);
  // The columns but `key`.
  std::span<const sql::Column> cells() const { return std::span(shape.columns).subspan(1); }
  // Each row is of a parameter, its first cell; the table is partitioned by it.
  bool has_parameter() const { return shape.partitions.has_value(); }
};

const IndexTable& index_table(Table table);

}  // namespace vesta::store::postgres
