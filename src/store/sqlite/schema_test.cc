// Migrations: forward step by step, all or nothing of each step, and never backwards.
#include "store/sqlite/schema.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "store/contract_test_support.h"
#include "store/sqlite/test_support.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kUserVersion{"PRAGMA user_version"};
constexpr Sql kSchema{"SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)"};
constexpr Sql kNote{"SELECT count(*) FROM note"};

Status add_notes(Connection& connection) {
  VESTA_CHECK_OK(connection.run("CREATE TABLE note(key PRIMARY KEY, text) WITHOUT ROWID"));
  return connection.run("INSERT INTO note SELECT key, id FROM resource WHERE state = 1");
}
Status change_and_fail(Connection& connection) {
  VESTA_CHECK_OK(connection.run("DELETE FROM resource; DROP TABLE token; CREATE TABLE half(x)"));
  return connection.run("INSERT INTO no_such_table VALUES(1)");
}
Status change_and_refuse(Connection& connection) {
  VESTA_CHECK_OK(connection.run("DROP TABLE note"));
  return make_error(Category::internal, "this step refuses");
}

class SchemaTest : public ::testing::Test {
 protected:
  // Those of the product, and more behind them.
  static std::vector<Migration> steps_and(std::initializer_list<Migration> more) {
    std::vector<Migration> steps(schema_steps().begin(), schema_steps().end());
    steps.insert(steps.end(), more);
    return steps;
  }
  static std::string version(int more) { return std::to_string(kSchemaVersion + more); }

  Result<std::unique_ptr<Store>> open() {
    return sqlite::open({.directory = folder_.path(), .registry = &store::test::registry(), .clock = &clock_});
  }
  // A store of the product with one resource in it, closed.
  void fill() {
    auto store = open();
    ASSERT_TRUE(store.ok());
    WriteSet set;
    set.writes.push_back(store::test::make_put("Observation", "o", 0, "}}", store::test::code_value("c"), {}));
    ASSERT_TRUE((*store)->commit(set).ok());
  }
  Status migrate(std::span<const Migration> steps) {
    VESTA_TRY(auto connection, Connection::open(folder_.path() + "/vesta.db", "", Connection::Role::writer));
    return create_or_migrate(*connection, steps);
  }
  // One value of the closed file, as text.
  std::string value(const Sql& sql) {
    auto connection = Connection::open(folder_.path() + "/vesta.db", "", Connection::Role::writer);
    EXPECT_TRUE(connection.ok());
    Cursor cursor(**connection, sql);
    EXPECT_TRUE(cursor.step());
    return std::string(cursor.bytes_at(0));
  }
  void expect_readable() {
    auto store = open();
    ASSERT_TRUE(store.ok()) << store.error().message;
    EXPECT_EQ((*store)->read(store::test::type_of("Observation"), "o").value()->tail, "}}");
    EXPECT_EQ(store::test::all_pages(**store, store::test::token_query("Observation", "code", "c"), 9).size(), 1u);
  }

  store::test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
};

TEST_F(SchemaTest, StepsLeadFromAnOlderVersionOn) {
  ASSERT_NO_FATAL_FAILURE(fill());
  EXPECT_EQ(value(kUserVersion), version(0));
  const auto steps = steps_and({{"add notes", add_notes}});
  ASSERT_TRUE(migrate(steps).ok());
  EXPECT_EQ(value(kUserVersion), version(1));
  EXPECT_EQ(value(kNote), "1") << "the step has seen what the store holds";
  EXPECT_TRUE(migrate(steps).ok()) << "and does not run again";
  EXPECT_EQ(value(kNote), "1");
}

TEST_F(SchemaTest, AnEmptyFileTakesAllSteps) {
  const auto steps = steps_and({{"add notes", add_notes}});
  ASSERT_TRUE(migrate(steps).ok());
  EXPECT_EQ(value(kUserVersion), version(1));
  EXPECT_EQ(value(kNote), "0");
}

TEST_F(SchemaTest, AFailingStepChangesNothing) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const std::string before = value(kSchema);
  const auto steps = steps_and({{"drop half of it", change_and_fail}});
  const Status failed = migrate(steps);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("schema version " + version(1) + " (drop half of it)"), std::string::npos)
      << failed.error().message;
  EXPECT_NE(failed.error().message.find("no_such_table"), std::string::npos) << failed.error().message;
  EXPECT_EQ(value(kUserVersion), version(0));
  EXPECT_EQ(value(kSchema), before);
  expect_readable();
}

TEST_F(SchemaTest, AFailingStepKeepsTheOnesBeforeIt) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const auto steps = steps_and({{"add notes", add_notes}, {"take them away", change_and_refuse}});
  const Status failed = migrate(steps);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().category, Category::internal);
  EXPECT_NE(failed.error().message.find("schema version " + version(2) + " (take them away): this step refuses"),
            std::string::npos)
      << failed.error().message;
  EXPECT_EQ(value(kUserVersion), version(1));
  EXPECT_EQ(value(kNote), "1");
}

TEST_F(SchemaTest, ANewerStoreIsRefused) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const auto steps = steps_and({{"add notes", add_notes}});
  ASSERT_TRUE(migrate(steps).ok());
  const std::string before = value(kSchema);
  const auto refused = open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::unavailable);
  EXPECT_NE(refused.error().message.find("schema version " + version(1) + ", this program knows up to " + version(0) +
                                         ": use a newer Vesta"),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(value(kUserVersion), version(1));
  EXPECT_EQ(value(kSchema), before);
}

}  // namespace
}  // namespace vesta::store::sqlite
