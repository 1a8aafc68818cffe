// The index tables as data, and the statements that are made of it.
#include "store/postgres/tables.h"

namespace vesta::store::postgres {
namespace {

constexpr int kPartitions = 4;  // of each table, by the parameter's number

constexpr TableColumn kParameter{"parameter", Oid::integer, "integer"};
constexpr TableColumn kPlace{"place", Oid::integer, "integer"};
constexpr TableColumn kElement{"element", Oid::integer, "integer"};
constexpr TableColumn kLong{"long", Oid::bytes, "bytea"};

constexpr TableColumn kTokenColumns[] = {
    kParameter, kPlace, kElement, {"code", Oid::bytes, "bytea"}, {"system", Oid::bytes, "bytea"}, kLong};
constexpr TableColumn kStringColumns[] = {
    kParameter, kPlace, kElement, {"folded", Oid::bytes, "bytea"}, {"exact", Oid::bytes, "bytea"}, kLong};
// `base`: of an absolute URL what stands before the type; null: it is a local reference.
constexpr TableColumn kReferenceColumns[] = {kParameter,
                                             kPlace,
                                             kElement,
                                             {"target_type", Oid::integer, "integer"},
                                             {"target_id", Oid::text, "text COLLATE \"C\""},
                                             {"base", Oid::bytes, "bytea"}};
constexpr TableColumn kDateColumns[] = {
    kParameter, kPlace, kElement, {"low", Oid::bigint, "bigint"}, {"high", Oid::bigint, "bigint"}};
constexpr TableColumn kNumberColumns[] = {
    kParameter, kPlace, kElement, {"low", Oid::bytes, "bytea"}, {"high", Oid::bytes, "bytea"}};
constexpr TableColumn kQuantityColumns[] = {kParameter,
                                            kPlace,
                                            kElement,
                                            {"low", Oid::bytes, "bytea"},
                                            {"high", Oid::bytes, "bytea"},
                                            {"system", Oid::bytes, "bytea"},
                                            {"code", Oid::bytes, "bytea"},
                                            {"unit", Oid::bytes, "bytea"},
                                            {"canonical_low", Oid::bytes, "bytea"},
                                            {"canonical_high", Oid::bytes, "bytea"},
                                            {"canonical_unit", Oid::bytes, "bytea"}};
constexpr TableColumn kUriColumns[] = {kParameter, kPlace, kElement, {"uri", Oid::bytes, "bytea"}, kLong};
constexpr TableColumn kPositionColumns[] = {
    kParameter, kPlace, {"latitude", Oid::real, "double precision"}, {"longitude", Oid::real, "double precision"}};
constexpr TableColumn kWordColumns[] = {kParameter, kPlace, {"word", Oid::bytes, "bytea"}, kLong};
constexpr TableColumn kInnerReferenceColumns[] = {kParameter, kPlace, {"target", Oid::integer, "integer"}};
// `present` is written and read as text.
constexpr TableColumn kContainedColumns[] = {
    {"type", Oid::integer, "integer"}, kPlace, {"id", Oid::bytes, "bytea"}, {"present", Oid::text, "integer[]"}};

constexpr const char* kTokenIndexes[] = {"(parameter, code, key, place, system)", "(key, parameter)"};
constexpr const char* kStringIndexes[] = {"(parameter, folded, key, place)", "(key, parameter)"};
constexpr const char* kReferenceIndexes[] = {"(parameter, target_id, target_type, key, place)", "(key, parameter)"};
constexpr const char* kDateIndexes[] = {"(parameter, low, high, key, place)", "(parameter, high, key)",
                                        "(key, parameter)"};
// Decimal keys may be longer than a page takes; their first bytes lead to them.
constexpr const char* kNumberIndexes[] = {"(parameter, substring(low from 1 for 64))",
                                          "(parameter, substring(high from 1 for 64))", "(key, parameter)"};
constexpr const char* kQuantityIndexes[] = {"(parameter, substring(low from 1 for 64))",
                                            "(parameter, substring(canonical_low from 1 for 64))",
                                            "(parameter, substring(high from 1 for 64))",
                                            "(parameter, substring(canonical_high from 1 for 64))", "(key, parameter)"};
constexpr const char* kUriIndexes[] = {"(parameter, uri, key, place)", "(key, parameter)"};
constexpr const char* kPositionIndexes[] = {"(parameter, latitude)", "(key, parameter)"};
constexpr const char* kWordIndexes[] = {"(parameter, word, key, place)", "(key, parameter)"};
constexpr const char* kInnerReferenceIndexes[] = {"(parameter, key)", "(key, parameter)"};
constexpr const char* kContainedIndexes[] = {"(type, key, place)", "(key, place)"};

constexpr std::array<TableShape, kTables> kShapes = {{
    {"token", kTokenColumns, true, kTokenIndexes},
    {"string", kStringColumns, true, kStringIndexes},
    {"reference", kReferenceColumns, true, kReferenceIndexes},
    {"date", kDateColumns, true, kDateIndexes},
    {"number", kNumberColumns, true, kNumberIndexes},
    {"quantity", kQuantityColumns, true, kQuantityIndexes},
    {"uri", kUriColumns, true, kUriIndexes},
    {"position", kPositionColumns, true, kPositionIndexes},
    {"word", kWordColumns, true, kWordIndexes},
    {"inner_reference", kInnerReferenceColumns, true, kInnerReferenceIndexes},
    {"contained", kContainedColumns, false, kContainedIndexes},
}};

bool is_list(const TableColumn& column) {
  return column.type == Oid::text && std::string(column.sql_type) == "integer[]";
}

const char* array_type(const TableColumn& column) {
  switch (column.type) {
    case Oid::integer:
      return "integer[]";
    case Oid::bigint:
      return "bigint[]";
    case Oid::text:
      return "text[]";
    case Oid::real:
      return "double precision[]";
    default:
      return "bytea[]";
  }
}

std::string make_insert(const TableShape& shape) {
  std::string names = "key", selected = "key", arrays = "$1::bigint[]";
  int number = 2;
  for (const TableColumn& column : shape.columns) {
    const std::string name = std::string("\"") + column.name + "\"";
    names += ", " + name;
    selected += ", " + name + (is_list(column) ? "::integer[]" : "");
    arrays += ", $" + std::to_string(number++) + "::" + array_type(column);
  }
  return std::string("INSERT INTO ") + shape.name + "(" + names + ") SELECT " + selected + " FROM unnest(" + arrays +
         ") AS rows(" + names + ")";
}

std::string make_select(const TableShape& shape) {
  std::string selected;
  for (const TableColumn& column : shape.columns) {
    selected +=
        (selected.empty() ? "\"" : ", \"") + std::string(column.name) + "\"" + (is_list(column) ? "::text" : "");
  }
  return "SELECT " + selected + " FROM " + shape.name + " WHERE key = $1";
}

template <class Make>
const std::string& made_once(Table table, const Make& make) {
  static const std::array<std::string, kTables> kMade = [&] {
    std::array<std::string, kTables> made;
    for (std::size_t i = 0; i < kTables; ++i) made[i] = make(kShapes[i]);
    return made;
  }();
  return kMade[static_cast<std::size_t>(table)];
}

}  // namespace

const TableShape& shape_of(Table table) {
  return kShapes[static_cast<std::size_t>(table)];
}

const std::string& insert_sql(Table table) {
  return made_once(table, [](const TableShape& shape) { return make_insert(shape); });
}

const std::string& select_sql(Table table) {
  return made_once(table, [](const TableShape& shape) { return make_select(shape); });
}

const std::string& delete_sql(Table table) {
  return made_once(
      table, [](const TableShape& shape) { return std::string("DELETE FROM ") + shape.name + " WHERE key = ANY($1)"; });
}

std::string create_sql(Table table) {
  const TableShape& shape = shape_of(table);
  const std::string name = shape.name;
  std::string sql = "CREATE TABLE " + name + "(key bigint NOT NULL";
  for (const TableColumn& column : shape.columns) sql += std::string(", \"") + column.name + "\" " + column.sql_type;
  sql += shape.has_parameter ? ") PARTITION BY HASH (parameter);\n" : ");\n";
  for (int part = 0; shape.has_parameter && part < kPartitions; ++part) {
    sql += "CREATE TABLE " + name + "_" + std::to_string(part) + " PARTITION OF " + name +
           " FOR VALUES WITH (MODULUS " + std::to_string(kPartitions) + ", REMAINDER " + std::to_string(part) + ");\n";
  }
  for (const char* columns : shape.indexes) sql += "CREATE INDEX ON " + name + " " + columns + ";\n";
  return sql;
}

}  // namespace vesta::store::postgres
