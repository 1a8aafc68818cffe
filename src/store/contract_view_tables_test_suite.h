// The suite that defines tables of views: what readers see while they are made, replaced, taken away, and what a
// statement may not do.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/view_query.h"
#include "store/view_tables.h"

namespace vesta::store {

// An Engine has tables() and query(), which open them; kMaxTableName; of its SQL kTrue, type_of(column), and kTypes of
// texts, decimals, whole numbers and booleans.
template <class Engine>
class ViewTablesContract : public ::testing::Test {
 protected:
  using Kind = ViewValue::Kind;
  using Lines = std::vector<std::string>;

  void SetUp() override { open(); }
  void open() {
    tables_ = engine_.tables();
    ASSERT_NE(tables_, nullptr);
    const auto taken = tables_->take();
    ASSERT_TRUE(taken.ok()) << taken.error().message;
    ASSERT_TRUE(*taken);
  }
  static ViewTable weights(const std::string& definition) {
    return {"Weights",
            definition,
            {{"id", ViewColumn::Kind::text},
             {"value", ViewColumn::Kind::decimal},
             {"number", ViewColumn::Kind::integer},
             {"Final", ViewColumn::Kind::boolean},
             {"anything", ViewColumn::Kind::any}}};
  }
  static ViewRows row(const std::string& key, const std::string& value) {
    return {key, {{Kind::text, key}, {Kind::decimal, value}, {Kind::integer, "7"}, {Kind::boolean, "true"}, {}}};
  }
  // Rows as "a|b"; or how it failed, and why.
  Lines ask(const std::string& sql) {
    Lines lines;
    const auto tables = engine_.query();
    EXPECT_NE(tables, nullptr);
    const Status done = tables->run(
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
    if (done.ok()) return lines;
    EXPECT_EQ(done.error().category, Category::invalid) << done.error().message;
    return {"refused: " + done.error().message};
  }
  bool is_refused(const std::string& sql) { return ask(sql).at(0).starts_with("refused: "); }

  Engine engine_;
  std::unique_ptr<ViewTables> tables_;
};
TYPED_TEST_SUITE_P(ViewTablesContract);

TYPED_TEST_P(ViewTablesContract, IsSeenWhenItIsComplete) {
  using Lines = std::vector<std::string>;
  ASSERT_TRUE(this->tables_->begin(this->weights("v1")).ok());
  ASSERT_TRUE(
      this->tables_->apply("Weights", std::vector{this->row("a", "1.50"), this->row("b", "20")}, CommitSeq{7}).ok());
  EXPECT_TRUE(this->is_refused("SELECT * FROM weights"));
  ASSERT_TRUE(this->tables_->complete("Weights", CommitSeq{8}).ok());
  const std::string rest = std::string("|7|") + TypeParam::kTrue + "|null";
  EXPECT_EQ(this->ask("SELECT * FROM weights ORDER BY _key"), (Lines{"a|0|a|1.5" + rest, "b|0|b|20" + rest}));
  EXPECT_EQ(this->ask("SELECT * FROM WEIGHTS WHERE FINAL ORDER BY _key LIMIT 1"), Lines{"a|0|a|1.5" + rest});
  std::string types;
  for (const char* column : {"id", "value", "number", "final"}) {
    types += (types.empty() ? "" : ", ") + TypeParam::type_of(column);
  }
  EXPECT_EQ(this->ask("SELECT " + types + " FROM weights LIMIT 1"), Lines{TypeParam::kTypes});
  EXPECT_EQ(this->ask("SELECT value / 8 FROM weights WHERE id = 'b'"), Lines{"2.5"})
      << "whole decimals are no integers";
  const auto states = this->tables_->states();
  ASSERT_TRUE(states.ok());
  ASSERT_EQ(states->size(), 1u);
  EXPECT_EQ(states->front().name, "Weights");
  EXPECT_EQ(states->front().definition, "v1");
  EXPECT_EQ(states->front().seq, CommitSeq{8});
  EXPECT_TRUE(states->front().is_complete);
}

TYPED_TEST_P(ViewTablesContract, RowsOfAResourceTakeThePlaceOfThoseItHad) {
  using Lines = std::vector<std::string>;
  const std::string all = "SELECT _key, _row, value FROM weights ORDER BY _key, _row";
  ASSERT_TRUE(this->tables_->begin(this->weights("v1")).ok());
  ASSERT_TRUE(this->tables_->complete("Weights", CommitSeq{1}).ok());
  ViewRows two = this->row("a", "1");
  const ViewRows second = this->row("a", "2");
  two.values.insert(two.values.end(), second.values.begin(), second.values.end());
  ASSERT_TRUE(this->tables_->apply("Weights", std::vector{two, this->row("b", "3")}, CommitSeq{2}).ok());
  EXPECT_EQ(this->ask(all), (Lines{"a|0|1", "a|1|2", "b|0|3"}));
  ASSERT_TRUE(this->tables_->apply("Weights", std::vector{this->row("a", "4"), ViewRows{"b", {}}}, CommitSeq{3}).ok());
  EXPECT_EQ(this->ask(all), Lines{"a|0|4"});
  EXPECT_EQ(this->tables_->states()->front().seq, CommitSeq{3});
  ASSERT_TRUE(this->tables_->apply("Weights", {}, CommitSeq{4}).ok());
  EXPECT_EQ(this->tables_->states()->front().seq, CommitSeq{4});
  EXPECT_FALSE(this->tables_->apply("Nothing", {}, CommitSeq{4}).ok());
}

TYPED_TEST_P(ViewTablesContract, ANewDefinitionTakesThePlaceOfTheOldWhenItIsComplete) {
  using Lines = std::vector<std::string>;
  using Kind = ViewValue::Kind;
  ASSERT_TRUE(this->tables_->begin(this->weights("v1")).ok());
  ASSERT_TRUE(this->tables_->apply("Weights", std::vector{this->row("a", "1")}, CommitSeq{1}).ok());
  ASSERT_TRUE(this->tables_->complete("Weights", CommitSeq{1}).ok());
  const ViewTable other{"WEIGHTS", "v2", {{"only", ViewColumn::Kind::text}}};
  ASSERT_TRUE(this->tables_->begin(other).ok());
  EXPECT_EQ(this->ask("SELECT value FROM weights"), Lines{"1"});
  ASSERT_EQ(this->tables_->states()->size(), 1u) << "a name is one whatever its case";
  EXPECT_EQ(this->tables_->states()->front().seq, CommitSeq{0});
  this->tables_.reset();
  this->open();  // as after a restart in the middle
  ASSERT_TRUE(this->tables_->apply("WEIGHTS", std::vector{ViewRows{"a", {{Kind::text, "x"}}}}, CommitSeq{1}).ok());
  EXPECT_EQ(this->ask("SELECT value FROM weights"), Lines{"1"});
  ASSERT_TRUE(this->tables_->complete("WEIGHTS", CommitSeq{1}).ok());
  EXPECT_EQ(this->ask("SELECT * FROM weights"), Lines{"a|0|x"});
}

TYPED_TEST_P(ViewTablesContract, WhatFailsOrIsDroppedIsNoTable) {
  using Lines = std::vector<std::string>;
  ASSERT_TRUE(this->tables_->begin(this->weights("v1")).ok());
  ASSERT_TRUE(this->tables_->complete("Weights", CommitSeq{1}).ok());
  ASSERT_TRUE(this->tables_->fail("Weights", "v1", "Observation/1: no").ok());
  EXPECT_TRUE(this->is_refused("SELECT * FROM weights"));
  EXPECT_EQ(this->ask("SELECT name, failure FROM _vesta_view"), Lines{"Weights|Observation/1: no"});
  ASSERT_TRUE(this->tables_->fail("no-name", "v9", "It is no view.").ok());
  EXPECT_EQ(this->tables_->states()->size(), 2u);
  ASSERT_TRUE(this->tables_->drop("weights").ok());
  ASSERT_TRUE(this->tables_->drop("no-name").ok());
  EXPECT_TRUE(this->tables_->states()->empty());
}

TYPED_TEST_P(ViewTablesContract, RefusesNamesThatAreNotForViews) {
  const auto text = ViewColumn::Kind::text;
  const std::string nul("a\0b", 3);
  for (const std::string& name :
       {std::string(), std::string("_new_a"), std::string("sqlite_master"), std::string("a b"), std::string("SQLITE_x"),
        std::string("a\"b"), std::string("1a"), std::string("ä"), nul}) {
    EXPECT_EQ(this->tables_->begin({name, "v", {}}).error().category, Category::invalid) << name;
    EXPECT_EQ(this->tables_->begin({"good", "v", {{name, text}}}).error().category, Category::invalid);
  }
  EXPECT_TRUE(this->tables_->begin({std::string(TypeParam::kMaxTableName, 'a'), "v", {}}).ok());
  EXPECT_FALSE(this->tables_->begin({std::string(TypeParam::kMaxTableName + 1, 'a'), "v", {}}).ok());
  EXPECT_TRUE(this->tables_->begin({"select", "v", {{"from", text}}}).ok());
  EXPECT_EQ(this->tables_->begin({"good", "v", {{"a", text}, {"A", text}}}).error().category, Category::invalid);
}

TYPED_TEST_P(ViewTablesContract, AStatementReadsAndDoesNothingElse) {
  using Lines = std::vector<std::string>;
  ASSERT_TRUE(this->tables_->begin(this->weights("v1")).ok());
  ASSERT_TRUE(this->tables_->complete("Weights", CommitSeq{1}).ok());
  const Lines only_reads{"refused: a statement may read, and do nothing else"};
  for (const char* sql :
       {"DELETE FROM weights", "DROP TABLE weights", "INSERT INTO weights DEFAULT VALUES", "UPDATE weights SET id = 1",
        "CREATE TABLE x(y text)", "CREATE TEMP TABLE x(y text)", "BEGIN", "/* ; */ DELETE FROM weights;"}) {
    EXPECT_EQ(this->ask(sql), only_reads) << sql;
  }
  EXPECT_EQ(this->ask("SELECT 1; SELECT 2"), (Lines{"1", "2"}));
  EXPECT_EQ(this->ask("SELECT 1; DELETE FROM weights"), only_reads);
  EXPECT_EQ(this->ask("  "), Lines{});
  EXPECT_EQ(this->ask("-- nothing"), Lines{});
  EXPECT_EQ(this->ask("SELECT ';' -- a comment;"), Lines{";"});
  EXPECT_EQ(this->ask("SELECT 1 ; "), Lines{"1"});
  EXPECT_TRUE(this->is_refused("SELEC"));
  EXPECT_TRUE(this->is_refused("SELECT nothing FROM weights"));
  EXPECT_EQ(
      this->ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT sum(i) FROM n"),
      Lines{"6"});
}

TYPED_TEST_P(ViewTablesContract, TellsItsTablesAndWhereStatementsEnd) {
  ASSERT_TRUE(this->tables_->begin({"t", "v", {{"only", ViewColumn::Kind::text}}}).ok());
  ASSERT_TRUE(this->tables_->complete("t", CommitSeq{1}).ok());
  const auto query = this->engine_.query();
  std::string found;
  const Status done = query->run(
      query->tables_sql(), [](std::span<const std::string>) {},
      [&](std::span<const ViewValue> values) {
        if (values[0].text == "t") found = values[1].text;
        return true;
      });
  EXPECT_TRUE(done.ok());
  EXPECT_TRUE(found.starts_with("CREATE TABLE") && found.find("only") != std::string::npos) << found;
  EXPECT_TRUE(query->is_complete("SELECT ';';"));
  EXPECT_FALSE(query->is_complete("SELECT ';"));
}

REGISTER_TYPED_TEST_SUITE_P(ViewTablesContract, IsSeenWhenItIsComplete, RowsOfAResourceTakeThePlaceOfThoseItHad,
                            ANewDefinitionTakesThePlaceOfTheOldWhenItIsComplete, WhatFailsOrIsDroppedIsNoTable,
                            RefusesNamesThatAreNotForViews, AStatementReadsAndDoesNothingElse,
                            TellsItsTablesAndWhereStatementsEnd);

}  // namespace vesta::store
