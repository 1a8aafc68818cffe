// Tables of views in a file pass the suite that defines them; and what is SQLite's own: the file, numbers, what its
// statements may not do.
#include "store/sqlite/view_tables.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "store/contract_view_tables_test_suite.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

struct SqliteViews {
  static constexpr std::size_t kMaxTableName = 255;
  static constexpr const char* kTrue = "1";
  static constexpr const char* kTypes = "text|real|integer|integer";
  static std::string type_of(const std::string& column) { return "typeof(" + column + ")"; }

  sqlite::test::TemporaryFolder folder;

  std::unique_ptr<ViewTables> tables() const {
    auto opened = sqlite::open_view_tables(folder.path());
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return opened.ok() ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<ViewQuery> query() const {
    auto opened = sqlite::open_view_query(folder.path());
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return opened.ok() ? std::move(*opened) : nullptr;
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ViewTablesContract, SqliteViews);

using SqliteViewTables = ViewTablesContract<SqliteViews>;

TEST_F(SqliteViewTables, NumbersBeyondTheRangeOfSqlAreNeverOthers) {
  ASSERT_TRUE(tables_->begin({"t", "v", {{"d", ViewColumn::Kind::decimal}, {"i", ViewColumn::Kind::integer}}}).ok());
  const std::vector<ViewRows> rows = {{"a", {{Kind::decimal, "1e400"}, {Kind::integer, "9223372036854775807"}}},
                                      {"b", {{Kind::decimal, "-1E-3"}, {Kind::integer, "92233720368547758070"}}}};
  ASSERT_TRUE(tables_->apply("t", rows, CommitSeq{1}).ok());
  ASSERT_TRUE(tables_->complete("t", CommitSeq{1}).ok());
  EXPECT_EQ(ask("SELECT typeof(d), d > 1e308, i FROM t WHERE _key = 'a'"), Lines{"real|1|9223372036854775807"});
  EXPECT_EQ(ask("SELECT d, typeof(i), i > 9e18 FROM t WHERE _key = 'b'"), Lines{"-0.001|real|1"});
}

TEST_F(SqliteViewTables, AStatementReachesNothingElse) {
  for (const char* sql : {"ATTACH 'vesta.db' AS store", "PRAGMA query_only = 0", "VACUUM INTO 'copy.db'",
                          "SELECT load_extension('x')", "EXPLAIN DELETE FROM _vesta_view"}) {
    EXPECT_EQ(ask(sql), Lines{"refused: a statement may read, and do nothing else"}) << sql;
  }
  EXPECT_EQ(ask("SELECT 0.1 + 0.2, 9e999"), Lines{"0.30000000000000004|inf"});
  EXPECT_EQ(ask("SELEC"), Lines{"refused: near \"SELEC\": syntax error"});
}

TEST(ViewTablesFile, IsNotTakenForAnother) {
  const sqlite::test::TemporaryFolder folder;
  EXPECT_EQ(sqlite::open_view_query(folder.path()).error().category, Category::not_found);
  EXPECT_FALSE(sqlite::has_view_tables(folder.path()));
  std::ofstream(folder.path() + "/views.db")
      << "no database, but long enough to have the bytes of a header: " + std::string(200, '.');
  EXPECT_EQ(sqlite::open_view_tables(folder.path()).error().category, Category::unavailable);
}

}  // namespace
}  // namespace vesta::store
