// Tables of views in a schema pass the suite that defines them; and what is PostgreSQL's own: several nodes, lost
// connections, rights, and what its statements may not do.
#include "store/postgres/view_tables.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/contract_view_tables_test_suite.h"
#include "store/postgres/connection.h"
#include "store/postgres/test_server.h"

namespace vesta::store {
namespace {

struct PostgresViews {
  static constexpr std::size_t kMaxTableName = 58;
  static constexpr const char* kTrue = "true";
  static constexpr const char* kTypes = "text|double precision|bigint|boolean";
  static std::string type_of(const std::string& column) { return "pg_typeof(" + column + ")"; }

  postgres::test::TemporaryDatabase database;

  std::unique_ptr<ViewTables> tables() const {
    auto opened = postgres::open_view_tables(database.serving_url(), true);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return opened.ok() ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<ViewQuery> query() const {
    auto opened = postgres::open_view_query(database.serving_url());
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return opened.ok() ? std::move(*opened) : nullptr;
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ViewTablesContract, PostgresViews);

class PostgresViewTables : public ViewTablesContract<PostgresViews> {
 protected:
  void make_weights() {
    ASSERT_TRUE(tables_->begin(weights("v1")).ok());
    ASSERT_TRUE(tables_->apply("Weights", std::vector{row("a", "1.5")}, CommitSeq{1}).ok());
    ASSERT_TRUE(tables_->complete("Weights", CommitSeq{1}).ok());
  }
  // The server frees what a connection held a moment after its end.
  static bool takes_soon(ViewTables& tables) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      const auto taken = tables.take();
      if (taken.ok() && *taken) return true;
    }
    return false;
  }
};

TEST_F(PostgresViewTables, AreKeptByOneNodeAtATime) {
  make_weights();
  const std::unique_ptr<ViewTables> other = engine_.tables();
  EXPECT_FALSE(*other->take());
  EXPECT_EQ(other->apply("Weights", {}, CommitSeq{2}).error().category, Category::unavailable);
  EXPECT_TRUE(*tables_->take()) << "it has them already";
  EXPECT_TRUE(tables_->apply("Weights", {}, CommitSeq{3}).ok());
  tables_.reset();  // as if it had died: the connection is gone
  ASSERT_TRUE(takes_soon(*other));
  EXPECT_EQ(other->states()->front().seq, CommitSeq{3});
}

TEST_F(PostgresViewTables, AreTakenAgainBehindALostConnection) {
  make_weights();
  engine_.database.cut_connections();
  EXPECT_EQ(tables_->apply("Weights", std::vector{row("b", "2")}, CommitSeq{2}).error().category,
            Category::unavailable);
  EXPECT_EQ(tables_->apply("Weights", std::vector{row("b", "2")}, CommitSeq{2}).error().category, Category::unavailable)
      << "another node may have them";
  ASSERT_TRUE(takes_soon(*tables_));
  EXPECT_TRUE(tables_->apply("Weights", std::vector{row("b", "2")}, CommitSeq{2}).ok());
  EXPECT_EQ(ask("SELECT count(*) FROM weights"), Lines{"2"});
}

TEST_F(PostgresViewTables, AreFoundByOtherTools) {
  make_weights();
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM views.weights WHERE value = 1.5 AND final"), 1);
  engine_.database.run_sql("CREATE VIEW views.heavy AS SELECT * FROM views.weights");
  ASSERT_TRUE(tables_->drop("Weights").ok()) << "what others made of it goes with it";
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM pg_class WHERE relname IN ('heavy', 'weights')"), 0);
}

TEST_F(PostgresViewTables, WaitForReadersNotForEver) {
  make_weights();
  auto reader = postgres::Connection::open(engine_.database.url());
  ASSERT_TRUE(reader.ok());
  ASSERT_TRUE((*reader)->run("BEGIN").ok());
  ASSERT_TRUE((*reader)->run("SELECT count(*) FROM views.weights").ok());
  EXPECT_TRUE(tables_->apply("Weights", std::vector{row("b", "2")}, CommitSeq{2}).ok()) << "rows wait for nobody";
  EXPECT_EQ(tables_->drop("Weights").error().category, Category::busy);
  ASSERT_TRUE((*reader)->run("COMMIT").ok());
  EXPECT_TRUE(tables_->drop("Weights").ok());
}

TEST_F(PostgresViewTables, NumbersBeyondTheRangeOfSqlAreNeverOthers) {
  const ViewTable table{"t", "v", {{"d", ViewColumn::Kind::decimal}, {"i", ViewColumn::Kind::integer}}};
  ASSERT_TRUE(tables_->begin(table).ok());
  const std::vector<ViewRows> rows = {{"a", {{Kind::decimal, "1e400"}, {Kind::integer, "9223372036854775807"}}},
                                      {"b", {{Kind::decimal, "-1E-3"}, {}}},
                                      {"c", {{}, {Kind::integer, "-9223372036854775808"}}}};
  ASSERT_TRUE(tables_->apply("t", rows, CommitSeq{1}).ok());
  const std::vector<ViewRows> beyond = {{"a", {{}, {Kind::integer, "9223372036854775808"}}}};
  EXPECT_EQ(tables_->apply("t", beyond, CommitSeq{2}).error().category, Category::invalid);
  EXPECT_EQ(tables_->states()->front().seq, CommitSeq{1});
  ASSERT_TRUE(tables_->complete("t", CommitSeq{2}).ok());
  EXPECT_EQ(ask("SELECT d, i FROM t ORDER BY _key"),
            (Lines{"Infinity|9223372036854775807", "-0.001|null", "null|-9223372036854775808"}));
}

TEST_F(PostgresViewTables, NamesOfColumnsAreNotCutOff) {
  const auto text = ViewColumn::Kind::text;
  EXPECT_TRUE(tables_->begin({"t", "v", {{std::string(63, 'a'), text}}}).ok());
  EXPECT_EQ(tables_->begin({"t", "v", {{std::string(64, 'a'), text}}}).error().category, Category::invalid);
}

TEST_F(PostgresViewTables, AStatementReachesNothingElse) {
  make_weights();
  for (const char* sql :
       {"WITH gone AS (DELETE FROM weights RETURNING 1) SELECT * FROM gone", "SELECT * INTO copy FROM weights",
        "SELECT * FROM weights FOR UPDATE", "SELECT 1; COMMIT; DELETE FROM weights", "COPY weights TO STDOUT",
        "SET transaction_read_only = off", "SELECT set_config('transaction_read_only', 'off', false)", "DO 'BEGIN END'",
        "LISTEN x", "VACUUM", "SELECT nothing(", "SELECT 1 WHERE 1 / 0 = 1"}) {
    EXPECT_TRUE(is_refused(sql) || ask(sql).back().starts_with("refused: ")) << sql;
  }
  EXPECT_EQ(ask("SELECT set_config('search_path', 'public', false); SELECT current_schema()"),
            (Lines{"public", "views"}))
      << "a statement leaves nothing behind";
  ask("SELECT lo_creat(-1); SELECT 1");
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM views.weights"), 1);
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM pg_largeobject_metadata"), 0);
}

TEST_F(PostgresViewTables, ARoleReadsWhatItWasGiven) {
  make_weights();
  engine_.database.run_sql("DO $$ BEGIN CREATE ROLE analyst LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  engine_.database.run_sql("GRANT USAGE ON SCHEMA views TO analyst");
  engine_.database.run_sql("GRANT SELECT ON ALL TABLES IN SCHEMA views TO analyst");
  engine_.database.run_sql(
      "ALTER DEFAULT PRIVILEGES FOR ROLE serving IN SCHEMA views GRANT SELECT ON TABLES TO analyst");
  ASSERT_TRUE(tables_->begin(weights("v2")).ok());
  ASSERT_TRUE(tables_->complete("Weights", CommitSeq{2}).ok());
  std::string url = engine_.database.url();
  url.replace(url.find("user=vesta"), std::string("user=vesta").size(), "user=analyst");
  auto query = postgres::open_view_query(url);
  ASSERT_TRUE(query.ok()) << query.error().message;
  const auto run = [&](const char* sql) {
    return (*query)->run(sql, [](std::span<const std::string>) {}, [](std::span<const ViewValue>) { return true; });
  };
  EXPECT_TRUE(run("SELECT * FROM weights").ok()) << "made anew, it may still be read";
  EXPECT_EQ(run("SELECT * FROM public.resource").error().category, Category::invalid);
  EXPECT_TRUE(run("SELECT name FROM _vesta_view").ok());
}

TEST_F(PostgresViewTables, GiveRowsInPortions) {
  const std::unique_ptr<ViewQuery> query = engine_.query();
  int given = 0;
  std::vector<std::string> names;
  const auto note = [&](std::span<const std::string> columns) { names.assign(columns.begin(), columns.end()); };
  const auto count_to = [&](int most) { return [&given, most](std::span<const ViewValue>) { return ++given < most; }; };
  const std::string sql = "SELECT n AS number FROM generate_series(1, 2500) n";
  ASSERT_TRUE(query->run(sql, note, count_to(10'000)).ok());
  EXPECT_EQ(given, 2500);
  EXPECT_EQ(names, Lines{"number"});
  for (const int rows : {postgres::kFetchedRows, postgres::kFetchedRows + 1}) {
    given = 0;
    const std::string some = "SELECT generate_series(1, " + std::to_string(rows) + ")";
    ASSERT_TRUE(query->run(some, note, count_to(10'000)).ok());
    EXPECT_EQ(given, rows);
  }
  given = 0;
  ASSERT_TRUE(query->run(sql, note, count_to(3)).ok());
  EXPECT_EQ(given, 3);
  ASSERT_TRUE(query->run("SELECT 1 AS one WHERE false", note, count_to(3)).ok());
  EXPECT_EQ(names, Lines{"one"}) << "without rows too";
  EXPECT_EQ(ask("SELECT 1::smallint, 1.50, 'NaN'::float8, NULL, true, now() > '2000-01-01', '{1,2}'::int[]"),
            Lines{"1|1.50|NaN|null|true|true|{1,2}"});
}

TEST(PostgresViewSchema, IsMadeWhenItIsNeededAndNotTakenFromOthers) {
  const postgres::test::TemporaryDatabase database;
  EXPECT_EQ(postgres::open_view_query(database.serving_url()).error().category, Category::not_found);
  const auto none = postgres::open_view_tables(database.url(), false);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, nullptr);
  database.run_sql("CREATE TABLE views.others(a text)");
  EXPECT_EQ(postgres::open_view_tables(database.serving_url(), true).error().category, Category::unavailable);
  database.run_sql("DROP TABLE views.others");
  EXPECT_TRUE(postgres::open_view_tables(database.serving_url(), true).ok()) << "an empty one may be made before";
  EXPECT_TRUE(postgres::open_view_query(database.serving_url()).ok());
}

}  // namespace
}  // namespace vesta::store
