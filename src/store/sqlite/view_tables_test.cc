// Tests of tables of views: what readers see while they are made, replaced, taken away; what a statement may not do.
#include "store/sqlite/view_tables.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "store/sqlite/test_support.h"

namespace vesta::store::sqlite {
namespace {

using Kind = ViewValue::Kind;

class ViewTablesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_view_tables(folder_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    tables_ = std::move(*opened);
  }
  static ViewTable weights(const std::string& definition) {
    return {"Weights",
            definition,
            {{"id", ViewColumn::Kind::text},
             {"value", ViewColumn::Kind::decimal},
             {"number", ViewColumn::Kind::integer},
             {"final", ViewColumn::Kind::boolean},
             {"anything", ViewColumn::Kind::any}}};
  }
  static ViewRows row(const std::string& key, const std::string& value) {
    return {key, {{Kind::text, key}, {Kind::decimal, value}, {Kind::integer, "7"}, {Kind::boolean, "true"}, {}}};
  }
  // Rows as "a|b"; or what is wrong.
  std::vector<std::string> ask(const std::string& sql) const {
    std::vector<std::string> lines;
    auto tables = open_view_query(folder_.path());
    EXPECT_TRUE(tables.ok());
    const Status done = (*tables)->run(
        sql, [](std::span<const std::string>) {},
        [&](std::span<const ViewValue> values) {
          std::string line;
          for (const ViewValue& value : values) {
            if (&value != values.data()) line += '|';
            line += value.kind == Kind::null ? "null" : value.text;
          }
          lines.push_back(line);
          return true;
        });
    if (!done.ok()) return {done.error().message};
    return lines;
  }
  using Lines = std::vector<std::string>;

  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<ViewTables> tables_;
};

TEST_F(ViewTablesTest, IsSeenWhenItIsComplete) {
  ASSERT_TRUE(tables_->begin(weights("v1")).ok());
  ASSERT_TRUE(tables_->apply("Weights", std::vector{row("a", "1.50"), row("b", "20")}, CommitSeq{7}).ok());
  EXPECT_EQ(ask("SELECT * FROM weights"), Lines{"no such table: weights"});
  ASSERT_TRUE(tables_->complete("Weights", CommitSeq{8}).ok());
  EXPECT_EQ(ask("SELECT * FROM weights"), (Lines{"a|0|a|1.5|7|1|null", "b|0|b|20|7|1|null"}));
  EXPECT_EQ(ask("SELECT typeof(id), typeof(value), typeof(number), typeof(final) FROM weights LIMIT 1"),
            Lines{"text|real|integer|integer"});
  EXPECT_EQ(ask("SELECT value / 8 FROM weights WHERE id = 'b'"), Lines{"2.5"}) << "whole decimals are no integers";
  const auto states = tables_->states();
  ASSERT_TRUE(states.ok());
  ASSERT_EQ(states->size(), 1u);
  EXPECT_EQ(states->front().definition, "v1");
  EXPECT_EQ(states->front().seq, CommitSeq{8});
  EXPECT_TRUE(states->front().is_complete);
}

TEST_F(ViewTablesTest, RowsOfAResourceTakeThePlaceOfThoseItHad) {
  ASSERT_TRUE(tables_->begin(weights("v1")).ok());
  ASSERT_TRUE(tables_->complete("Weights", CommitSeq{1}).ok());
  ViewRows two = row("a", "1");
  const ViewRows second = row("a", "2");
  two.values.insert(two.values.end(), second.values.begin(), second.values.end());
  ASSERT_TRUE(tables_->apply("Weights", std::vector{two, row("b", "3")}, CommitSeq{2}).ok());
  EXPECT_EQ(ask("SELECT _key, _row, value FROM weights"), (Lines{"a|0|1", "a|1|2", "b|0|3"}));
  ASSERT_TRUE(tables_->apply("Weights", std::vector{row("a", "4"), ViewRows{"b", {}}}, CommitSeq{3}).ok());
  EXPECT_EQ(ask("SELECT _key, _row, value FROM weights"), Lines{"a|0|4"});
  EXPECT_EQ(tables_->states()->front().seq, CommitSeq{3});
}

TEST_F(ViewTablesTest, ANewDefinitionTakesThePlaceOfTheOldWhenItIsComplete) {
  ASSERT_TRUE(tables_->begin(weights("v1")).ok());
  ASSERT_TRUE(tables_->apply("Weights", std::vector{row("a", "1")}, CommitSeq{1}).ok());
  ASSERT_TRUE(tables_->complete("Weights", CommitSeq{1}).ok());
  ASSERT_TRUE(tables_->begin({"Weights", "v2", {{"only", ViewColumn::Kind::text}}}).ok());
  EXPECT_EQ(ask("SELECT value FROM weights"), Lines{"1"});
  EXPECT_EQ(tables_->states()->front().seq, CommitSeq{0});
  tables_.reset();
  SetUp();  // as after a restart in the middle
  ASSERT_TRUE(tables_->apply("Weights", std::vector{ViewRows{"a", {{Kind::text, "x"}}}}, CommitSeq{1}).ok());
  EXPECT_EQ(ask("SELECT value FROM weights"), Lines{"1"});
  ASSERT_TRUE(tables_->complete("Weights", CommitSeq{1}).ok());
  EXPECT_EQ(ask("SELECT * FROM weights"), Lines{"a|0|x"});
}

TEST_F(ViewTablesTest, WhatFailsOrIsDroppedIsNoTable) {
  ASSERT_TRUE(tables_->begin(weights("v1")).ok());
  ASSERT_TRUE(tables_->complete("Weights", CommitSeq{1}).ok());
  ASSERT_TRUE(tables_->fail("Weights", "v1", "Observation/1: no").ok());
  EXPECT_EQ(ask("SELECT * FROM weights"), Lines{"no such table: weights"});
  EXPECT_EQ(ask("SELECT name, failure FROM _vesta_view"), Lines{"Weights|Observation/1: no"});
  ASSERT_TRUE(tables_->fail("no-name", "v9", "It is no view.").ok());
  EXPECT_EQ(tables_->states()->size(), 2u);
  ASSERT_TRUE(tables_->drop("Weights").ok());
  ASSERT_TRUE(tables_->drop("no-name").ok());
  EXPECT_TRUE(tables_->states()->empty());
}

TEST_F(ViewTablesTest, RefusesNamesThatAreNotForViews) {
  for (const char* name : {"", "_new_a", "sqlite_master", "SQLITE_x", "a b", "a\"b", "1a", "ä"}) {
    EXPECT_EQ(tables_->begin({name, "v", {}}).error().category, Category::invalid) << name;
    EXPECT_EQ(tables_->begin({"good", "v", {{name, ViewColumn::Kind::text}}}).error().category, Category::invalid);
  }
  EXPECT_TRUE(tables_->begin({std::string(255, 'a'), "v", {}}).ok());  // kMaxViewName
  EXPECT_FALSE(tables_->begin({std::string(256, 'a'), "v", {}}).ok());
  EXPECT_TRUE(tables_->begin({"select", "v", {{"from", ViewColumn::Kind::text}}}).ok());
  EXPECT_EQ(
      tables_->begin({"good", "v", {{"a", ViewColumn::Kind::text}, {"A", ViewColumn::Kind::text}}}).error().category,
      Category::invalid);
}

TEST_F(ViewTablesTest, NumbersBeyondTheRangeOfSqlAreNeverOthers) {
  ASSERT_TRUE(tables_->begin({"t", "v", {{"d", ViewColumn::Kind::decimal}, {"i", ViewColumn::Kind::integer}}}).ok());
  const std::vector<ViewRows> rows = {{"a", {{Kind::decimal, "1e400"}, {Kind::integer, "9223372036854775807"}}},
                                      {"b", {{Kind::decimal, "-1E-3"}, {Kind::integer, "92233720368547758070"}}}};
  ASSERT_TRUE(tables_->apply("t", rows, CommitSeq{1}).ok());
  ASSERT_TRUE(tables_->complete("t", CommitSeq{1}).ok());
  EXPECT_EQ(ask("SELECT typeof(d), d > 1e308, i FROM t WHERE _key = 'a'"), Lines{"real|1|9223372036854775807"});
  EXPECT_EQ(ask("SELECT d, typeof(i), i > 9e18 FROM t WHERE _key = 'b'"), Lines{"-0.001|real|1"});
}

TEST_F(ViewTablesTest, AStatementReadsAndDoesNothingElse) {
  ASSERT_TRUE(tables_->begin(weights("v1")).ok());
  ASSERT_TRUE(tables_->complete("Weights", CommitSeq{1}).ok());
  const std::string only_reads = "a statement may read, and do nothing else";
  for (const char* sql :
       {"DELETE FROM weights", "DROP TABLE weights", "INSERT INTO weights DEFAULT VALUES", "UPDATE weights SET id = 1",
        "CREATE TABLE x(y)", "CREATE TEMP TABLE x(y)", "ATTACH 'vesta.db' AS store", "PRAGMA query_only = 0", "BEGIN",
        "VACUUM INTO 'copy.db'", "SELECT load_extension('x')", "EXPLAIN DELETE FROM weights"}) {
    EXPECT_EQ(ask(sql), Lines{only_reads}) << sql;
  }
  EXPECT_EQ(ask("SELECT 1; SELECT 2"), (Lines{"1", "2"}));
  EXPECT_EQ(ask("SELECT 1; DELETE FROM weights"), Lines{only_reads});
  EXPECT_EQ(ask("  "), Lines{});
  EXPECT_EQ(ask("-- nothing"), Lines{});
  EXPECT_EQ(ask("SELECT 0.1 + 0.2, 9e999, ';' -- a comment"), Lines{"0.30000000000000004|inf|;"});
  EXPECT_EQ(ask("SELECT 1 ; "), Lines{"1"});
  EXPECT_EQ(ask("SELEC"), Lines{"near \"SELEC\": syntax error"});
  EXPECT_EQ(ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT sum(i) FROM n"),
            Lines{"6"});
}

TEST(ViewTablesFile, IsNotTakenForAnother) {
  const sqlite::test::TemporaryFolder folder;
  EXPECT_EQ(open_view_query(folder.path()).error().category, Category::not_found);
  EXPECT_FALSE(has_view_tables(folder.path()));
  std::ofstream(folder.path() + "/views.db")
      << "no database, but long enough to have the bytes of a header: " + std::string(200, '.');
  EXPECT_EQ(open_view_tables(folder.path()).error().category, Category::unavailable);
}

}  // namespace
}  // namespace vesta::store::sqlite
