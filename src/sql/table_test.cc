// Tests of the statements that are made of tables, in both dialects.
#include "sql/table.h"

#include <gtest/gtest.h>

namespace vesta::sql {
namespace {

constexpr Dialect kSqlite = Dialect::sqlite;
constexpr Dialect kPostgres = Dialect::postgres;

Table notes() {
  Table table{"note",
              {{"name", Type::text, Column::Null::refused, Column::Compare::ignoring_case},
               {"seq", Type::bigint, Column::Null::refused},
               {"value", std::nullopt}}};
  table.key = {"name"};
  return table;
}

Table numbers() {
  Table table{"number",
              {{"key", Type::bigint, Column::Null::refused},
               {"parameter", Type::integer},
               {"low", Type::bytes},
               {"id", Type::text, Column::Null::allowed, Column::Compare::bytes}}};
  table.indexes = {{{"parameter"}, {"low", 64}}, {{"key"}}};
  table.partitions = Partitions{"parameter", 2};
  return table;
}

TEST(Table, IsCreatedWithItsKey) {
  EXPECT_EQ(create_table(kSqlite, notes()),
            "CREATE TABLE \"note\"(\"name\" TEXT COLLATE NOCASE NOT NULL, \"seq\" INTEGER NOT NULL, \"value\","
            " PRIMARY KEY (\"name\")) WITHOUT ROWID;\n");
  EXPECT_EQ(create_table(kPostgres, notes()),
            "CREATE TABLE \"note\"(\"name\" text NOT NULL, \"seq\" bigint NOT NULL, \"value\" text);\n"
            "CREATE UNIQUE INDEX ON \"note\" (lower(\"name\"));\n");
  Table two{"t", {{"a", Type::text}, {"b", Type::boolean}}};
  two.key = {"a", "b"};
  EXPECT_EQ(create_table(kPostgres, two),
            "CREATE TABLE \"t\"(\"a\" text, \"b\" boolean, PRIMARY KEY (\"a\", \"b\"));\n");
}

TEST(Table, IsCreatedWithIndexesAndPartitions) {
  EXPECT_EQ(create_table(kSqlite, numbers()),
            "CREATE TABLE \"number\"(\"key\" INTEGER NOT NULL, \"parameter\" INTEGER, \"low\" BLOB, \"id\" TEXT);\n"
            "CREATE INDEX \"number_by_0\" ON \"number\" (\"parameter\", substr(\"low\", 1, 64));\n"
            "CREATE INDEX \"number_by_1\" ON \"number\" (\"key\");\n");
  EXPECT_EQ(create_table(kPostgres, numbers()),
            "CREATE TABLE \"number\"(\"key\" bigint NOT NULL, \"parameter\" integer, \"low\" bytea,"
            " \"id\" text COLLATE \"C\") PARTITION BY HASH (\"parameter\");\n"
            "CREATE TABLE \"number_0\" PARTITION OF \"number\" FOR VALUES WITH (MODULUS 2, REMAINDER 0);\n"
            "CREATE TABLE \"number_1\" PARTITION OF \"number\" FOR VALUES WITH (MODULUS 2, REMAINDER 1);\n"
            "CREATE INDEX ON \"number\" (\"parameter\", substring(\"low\" from 1 for 64));\n"
            "CREATE INDEX ON \"number\" (\"key\");\n");
}

TEST(Table, TakesRows) {
  EXPECT_EQ(insert_row(kSqlite, notes()), "INSERT INTO \"note\"(\"name\", \"seq\", \"value\") VALUES (?1, ?2, ?3)");
  EXPECT_EQ(insert_row(kPostgres, notes()), "INSERT INTO \"note\"(\"name\", \"seq\", \"value\") VALUES ($1, $2, $3)");
  EXPECT_EQ(
      upsert_row(kSqlite, notes()),
      "INSERT INTO \"note\"(\"name\", \"seq\", \"value\") VALUES (?1, ?2, ?3) ON CONFLICT (\"name\") DO UPDATE SET"
      " \"name\" = excluded.\"name\", \"seq\" = excluded.\"seq\", \"value\" = excluded.\"value\"");
  EXPECT_EQ(upsert_row(kPostgres, notes()),
            "INSERT INTO \"note\"(\"name\", \"seq\", \"value\") VALUES ($1, $2, $3) ON CONFLICT (lower(\"name\"))"
            " DO UPDATE SET"
            " \"name\" = excluded.\"name\", \"seq\" = excluded.\"seq\", \"value\" = excluded.\"value\"");
}

TEST(Table, TakesManyRowsAsArrays) {
  EXPECT_EQ(insert_rows(numbers()),
            "INSERT INTO \"number\"(\"key\", \"parameter\", \"low\", \"id\") SELECT \"key\", \"parameter\", \"low\","
            " \"id\" FROM unnest($1::bigint[], $2::integer[], $3::bytea[], $4::text[]) AS rows(\"key\", \"parameter\","
            " \"low\", \"id\")");
  Table listed{"t", {{"a", std::nullopt}, {"present", Type::integer}}};
  listed.columns[1].is_list = true;
  EXPECT_EQ(insert_rows(listed),
            "INSERT INTO \"t\"(\"a\", \"present\") SELECT \"a\", \"present\"::integer[]"
            " FROM unnest($1::text[], $2::text[]) AS rows(\"a\", \"present\")");
  EXPECT_EQ(select_rows(kPostgres, listed), "SELECT \"a\", \"present\"::text FROM \"t\"");
  EXPECT_EQ(create_table(kPostgres, listed), "CREATE TABLE \"t\"(\"a\" text, \"present\" integer[]);\n");
  EXPECT_DEATH(create_table(kSqlite, listed), "CHECK");
}

TEST(Table, GivesAndForgetsRows) {
  EXPECT_EQ(select_rows(kSqlite, notes()), "SELECT \"name\", \"seq\", \"value\" FROM \"note\"");
  EXPECT_EQ(select_rows(kPostgres, notes(), "seq"),
            "SELECT \"name\", \"seq\", \"value\" FROM \"note\" WHERE \"seq\" = $1");
  EXPECT_EQ(delete_rows(kSqlite, notes(), "name"), "DELETE FROM \"note\" WHERE \"name\" = ?1");
  EXPECT_EQ(delete_rows(kPostgres, notes(), "name"), "DELETE FROM \"note\" WHERE lower(\"name\") = lower($1)");
  EXPECT_EQ(delete_any(numbers(), "key"), "DELETE FROM \"number\" WHERE \"key\" = ANY($1)");
  EXPECT_DEATH(delete_rows(kSqlite, notes(), "nothing"), "CHECK");
}

TEST(Table, IsRenamedAndDropped) {
  EXPECT_EQ(rename_table(notes(), "other"), "ALTER TABLE \"note\" RENAME TO \"other\"");
  EXPECT_EQ(drop_table(kSqlite, notes()), "DROP TABLE IF EXISTS \"note\"");
  EXPECT_EQ(drop_table(kPostgres, notes()), "DROP TABLE IF EXISTS \"note\" CASCADE");
}

TEST(Table, NamesAreNoPartOfTheStatement) {
  Table hostile{"t\"; DROP TABLE a; --", {{"c\") VALUES (1); --", Type::text}}};
  hostile.key = {"c\") VALUES (1); --"};
  hostile.schema = "s\".\"";
  const std::string table = "\"s\"\".\"\"\".\"t\"\"; DROP TABLE a; --\"", column = "\"c\"\") VALUES (1); --\"";
  EXPECT_EQ(name_of(hostile), table);
  EXPECT_EQ(insert_row(kSqlite, hostile), "INSERT INTO " + table + "(" + column + ") VALUES (?1)");
  EXPECT_EQ(upsert_row(kPostgres, hostile), "INSERT INTO " + table + "(" + column + ") VALUES ($1) ON CONFLICT (" +
                                                column + ") DO UPDATE SET " + column + " = excluded." + column);
  EXPECT_EQ(delete_any(hostile, hostile.key.front()), "DELETE FROM " + table + " WHERE " + column + " = ANY($1)");
  EXPECT_EQ(rename_table(hostile, "x\"y"), "ALTER TABLE " + table + " RENAME TO \"x\"\"y\"");
  EXPECT_EQ(create_table(kSqlite, hostile),
            "CREATE TABLE " + table + "(" + column + " TEXT, PRIMARY KEY (" + column + ")) WITHOUT ROWID;\n");
}

}  // namespace
}  // namespace vesta::sql
