// The index tables: their columns, and how rows of them are written and read. Version 1 of the schema is made of this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "store/postgres/parameters.h"

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

struct TableColumn {
  const char* name;
  Oid type;
  const char* sql_type;
};

struct TableShape {
  const char* name;
  std::span<const TableColumn> columns;  // but `key`
  bool has_parameter;                    // then it is partitioned by that
  std::span<const char* const> indexes;
};

const TableShape& shape_of(Table table);

// Of one row's columns, $1 being the keys: INSERT INTO token(key, …) SELECT … FROM unnest($1, …).
const std::string& insert_sql(Table table);
// The columns of the rows of resource $1, but `key`.
const std::string& select_sql(Table table);
// Those of the resources $1.
const std::string& delete_sql(Table table);
std::string create_sql(Table table);

}  // namespace vesta::store::postgres
