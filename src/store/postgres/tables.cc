// The index tables as data.
#include "store/postgres/tables.h"

#include <array>
#include <utility>
#include <vector>

#include "sql/dialect.h"
#include "store/postgres/parameters.h"

namespace vesta::store::postgres {
namespace {

constexpr int kPartitions = 4;  // of each table, by the parameter's number

sql::Column bytes(const char* name) {
  return {name, sql::Type::bytes};
}
sql::Column integer(const char* name) {
  return {name, sql::Type::integer};
}

// Of rows of a parameter, in their place.
sql::Table of_parameter(const char* name, std::vector<sql::Column> columns, std::vector<sql::Index> indexes) {
  sql::Table table{name,
                   {{"key", sql::Type::bigint, sql::Column::Null::refused}, integer("parameter"), integer("place")}};
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  table.indexes = std::move(indexes);
  table.indexes.push_back({{"key"}, {"parameter"}});
  table.partitions = sql::Partitions{"parameter", kPartitions};
  return table;
}

// Of those that may be of an element of a composite.
sql::Table of_element(const char* name, std::vector<sql::Column> columns, std::vector<sql::Index> indexes) {
  columns.insert(columns.begin(), integer("element"));
  return of_parameter(name, std::move(columns), std::move(indexes));
}

sql::Index of_prefix(const char* column) {
  return {{"parameter"}, {column, kDecimalPrefix}};
}

sql::Table contained() {
  sql::Column present = integer("present");
  present.is_list = true;
  sql::Table table{
      "contained",
      {{"key", sql::Type::bigint, sql::Column::Null::refused}, integer("type"), integer("place"), bytes("id")}};
  table.indexes = {{{"type"}, {"key"}, {"place"}}, {{"key"}, {"place"}}};
  table.columns.push_back(std::move(present));
  return table;
}

// `base`: of an absolute URL what stands before the type; null: it is a local reference.
sql::Table reference() {
  const sql::Column target{"target_id", sql::Type::text, sql::Column::Null::allowed, sql::Column::Compare::bytes};
  return of_element("reference", {integer("target_type"), target, bytes("base")},
                    {{{"parameter"}, {"target_id"}, {"target_type"}, {"key"}, {"place"}}});
}

sql::Table quantity() {
  return of_element("quantity",
                    {bytes("low"), bytes("high"), bytes("system"), bytes("code"), bytes("unit"), bytes("canonical_low"),
                     bytes("canonical_high"), bytes("canonical_unit")},
                    {of_prefix("low"), of_prefix("canonical_low"), of_prefix("high"), of_prefix("canonical_high")});
}

std::array<IndexTable, kTables> make_tables() {
  return {
      IndexTable(of_element("token", {bytes("code"), bytes("system"), bytes("long")},
                            {{{"parameter"}, {"code"}, {"key"}, {"place"}, {"system"}}})),
      IndexTable(of_element("string", {bytes("folded"), bytes("exact"), bytes("long")},
                            {{{"parameter"}, {"folded"}, {"key"}, {"place"}}})),
      IndexTable(reference()),
      IndexTable(
          of_element("date", {{"low", sql::Type::bigint}, {"high", sql::Type::bigint}},
                     {{{"parameter"}, {"low"}, {"high"}, {"key"}, {"place"}}, {{"parameter"}, {"high"}, {"key"}}})),
      IndexTable(of_element("number", {bytes("low"), bytes("high")}, {of_prefix("low"), of_prefix("high")})),
      IndexTable(quantity()),
      IndexTable(of_element("uri", {bytes("uri"), bytes("long")}, {{{"parameter"}, {"uri"}, {"key"}, {"place"}}})),
      IndexTable(of_parameter("position", {{"latitude", sql::Type::real}, {"longitude", sql::Type::real}},
                              {{{"parameter"}, {"latitude"}}})),
      IndexTable(of_parameter("word", {bytes("word"), bytes("long")}, {{{"parameter"}, {"word"}, {"key"}, {"place"}}})),
      IndexTable(of_parameter("inner_reference", {integer("target")}, {{{"parameter"}, {"key"}}})),
      IndexTable(contained()),
  };
}

}  // namespace

IndexTable::IndexTable(sql::Table of)
    : shape(std::move(of)),
      insert_rows(sql::insert_rows(shape)),
      select_rows(sql::select_rows(kDialect, shape, "key")),
      delete_rows(sql::delete_any(shape, "key")) {}

const IndexTable& index_table(Table table) {
  static const std::array<IndexTable, kTables> kAll = make_tables();
  return kAll[static_cast<std::size_t>(table)];
}

}  // namespace vesta::store::postgres
