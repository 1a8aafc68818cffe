// Statements made of tables.
#include "sql/table.h"

#include <algorithm>

#include "base/check.h"

namespace vesta::sql {
namespace {

constexpr std::string_view kSqliteTables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name";
constexpr std::string_view kPostgresTables =
    "SELECT t.relname, 'CREATE TABLE ' || quote_ident(t.relname) || '(' || string_agg(quote_ident(c.attname) || ' ' ||"
    " format_type(c.atttypid, c.atttypmod), ', ' ORDER BY c.attnum) || ')' FROM pg_class t"
    " JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute c ON c.attrelid = t.oid"
    " WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') AND c.attnum > 0 AND NOT c.attisdropped"
    " GROUP BY t.relname ORDER BY t.relname";

// What `make` gives for each, with commas between.
template <class Range, class Make>
std::string list(const Range& range, const Make& make) {
  std::string made;
  for (const auto& each : range) {
    if (!made.empty()) made += ", ";
    made += make(each);
  }
  return made;
}

std::string names_of(const std::vector<Column>& columns) {
  return list(columns, [](const Column& column) { return quoted_name(column.name); });
}

Type type_of(const Column& column) {
  return column.type.value_or(Type::text);
}

std::string definition_of(Dialect dialect, const Column& column) {
  std::string made = quoted_name(column.name);
  const bool is_any = dialect == Dialect::sqlite && !column.type;
  if (!is_any) made += " " + std::string(type_name(dialect, type_of(column)));
  if (column.is_list) {
    CHECK(dialect == Dialect::postgres);
    made += "[]";
  } else if (dialect == Dialect::postgres && column.compare == Column::Compare::bytes) {
    made += " COLLATE \"C\"";
  } else if (dialect == Dialect::sqlite && column.compare == Column::Compare::ignoring_case) {
    made += " COLLATE NOCASE";
  }
  return made + (column.null == Column::Null::refused ? " NOT NULL" : "");
}

bool is_folded(Dialect dialect, const Column& column) {
  return dialect == Dialect::postgres && column.compare == Column::Compare::ignoring_case;
}

// A column of the key, as it compares.
std::string key_part(Dialect dialect, const Table& table, const std::string& name) {
  return is_folded(dialect, table.column(name)) ? "lower(" + quoted_name(name) + ")" : quoted_name(name);
}

std::string key_of(Dialect dialect, const Table& table) {
  return "(" + list(table.key, [&](const std::string& name) { return key_part(dialect, table, name); }) + ")";
}

bool has_folded_key(Dialect dialect, const Table& table) {
  return std::ranges::any_of(table.key,
                             [&](const std::string& name) { return is_folded(dialect, table.column(name)); });
}

std::string where(Dialect dialect, const Table& table, std::string_view by) {
  const std::string bound = placeholder(dialect, 1);
  const bool is_lower = is_folded(dialect, table.column(by));
  return " WHERE " + key_part(dialect, table, std::string(by)) + " = " + (is_lower ? "lower(" + bound + ")" : bound);
}

std::string part_of(Dialect dialect, const IndexPart& part) {
  const std::string name = quoted_name(part.column);
  return part.first_bytes == 0 ? name : first_bytes(dialect, name, part.first_bytes);
}

std::string create_partitions(const Table& table) {
  std::string made;
  for (int part = 0; part < table.partitions->count; ++part) {
    Table one{table.name + "_" + std::to_string(part), {}};
    one.schema = table.schema;
    made += "CREATE TABLE " + name_of(one) + " PARTITION OF " + name_of(table) + " FOR VALUES WITH (MODULUS " +
            std::to_string(table.partitions->count) + ", REMAINDER " + std::to_string(part) + ");\n";
  }
  return made;
}

}  // namespace

const Column& Table::column(std::string_view wanted) const {
  const auto found = std::ranges::find(columns, wanted, &Column::name);
  CHECK(found != columns.end());
  return *found;
}

std::string name_of(const Table& table) {
  return (table.schema.empty() ? "" : quoted_name(table.schema) + ".") + quoted_name(table.name);
}

std::string create_table(Dialect dialect, const Table& table) {
  const bool is_partitioned = dialect == Dialect::postgres && table.partitions.has_value();
  std::string made = "CREATE TABLE " + name_of(table) + "(" +
                     list(table.columns, [&](const Column& column) { return definition_of(dialect, column); });
  const bool is_folded = has_folded_key(dialect, table);
  if (!table.key.empty() && !is_folded) made += ", PRIMARY KEY " + key_of(dialect, table);
  made += ")";
  if (dialect == Dialect::sqlite && !table.key.empty()) made += " WITHOUT ROWID";
  if (is_partitioned) made += " PARTITION BY HASH (" + quoted_name(table.partitions->column) + ")";
  made += ";\n";
  if (is_partitioned) made += create_partitions(table);
  if (is_folded) made += "CREATE UNIQUE INDEX ON " + name_of(table) + " " + key_of(dialect, table) + ";\n";
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    // PostgreSQL names them itself, and SQLite asks for a name that no other has.
    const std::string name =
        dialect == Dialect::sqlite ? quoted_name(table.name + "_by_" + std::to_string(i)) + " " : std::string();
    made += "CREATE INDEX " + name + "ON " + name_of(table) + " (" +
            list(table.indexes[i], [&](const IndexPart& part) { return part_of(dialect, part); }) + ");\n";
  }
  return made;
}

std::string drop_table(Dialect dialect, const Table& table) {
  return "DROP TABLE IF EXISTS " + name_of(table) + (dialect == Dialect::postgres ? " CASCADE" : "");
}

std::string rename_table(const Table& table, std::string_view name) {
  return "ALTER TABLE " + name_of(table) + " RENAME TO " + quoted_name(name);
}

std::string insert_row(Dialect dialect, const Table& table) {
  std::size_t number = 0;
  return "INSERT INTO " + name_of(table) + "(" + names_of(table.columns) + ") VALUES (" +
         list(table.columns, [&](const Column&) { return placeholder(dialect, ++number); }) + ")";
}

std::string upsert_row(Dialect dialect, const Table& table) {
  return insert_row(dialect, table) + " ON CONFLICT " + key_of(dialect, table) + " DO UPDATE SET " +
         list(table.columns, [](const Column& column) {
           return quoted_name(column.name) + " = excluded." + quoted_name(column.name);
         });
}

std::string insert_rows(const Table& table) {
  constexpr Dialect kDialect = Dialect::postgres;
  const std::string names = names_of(table.columns);
  std::size_t number = 0;
  const std::string arrays = list(table.columns, [&](const Column& column) {
    const Type type = column.is_list ? Type::text : type_of(column);
    return placeholder(kDialect, ++number) + "::" + std::string(type_name(kDialect, type)) + "[]";
  });
  const std::string selected = list(table.columns, [](const Column& column) {
    const std::string cast = "::" + std::string(type_name(kDialect, type_of(column))) + "[]";
    return quoted_name(column.name) + (column.is_list ? cast : "");
  });
  return "INSERT INTO " + name_of(table) + "(" + names + ") SELECT " + selected + " FROM unnest(" + arrays +
         ") AS rows(" + names + ")";
}

std::string select_rows(Dialect dialect, const Table& table, std::string_view by) {
  const std::string selected = list(
      table.columns, [](const Column& column) { return quoted_name(column.name) + (column.is_list ? "::text" : ""); });
  return "SELECT " + selected + " FROM " + name_of(table) + (by.empty() ? "" : where(dialect, table, by));
}

std::string delete_rows(Dialect dialect, const Table& table, std::string_view by) {
  return "DELETE FROM " + name_of(table) + where(dialect, table, by);
}

std::string delete_any(const Table& table, std::string_view by) {
  return "DELETE FROM " + name_of(table) + " WHERE " + quoted_name(by) + " = ANY(" + placeholder(Dialect::postgres, 1) +
         ")";
}

std::string_view list_tables(Dialect dialect) {
  return dialect == Dialect::sqlite ? kSqliteTables : kPostgresTables;
}

}  // namespace vesta::sql
