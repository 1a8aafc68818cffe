// Versions of the tables: the way from each to the newest, and which programs may serve which; rights of nodes.
#include "store/postgres/schema.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/postgres/connection.h"
#include "store/postgres/test_server.h"

namespace vesta::store::postgres {
namespace {

Result<std::optional<std::string>> never_alone() {
  return make_error(Category::busy, "a node serves");
}

class PostgresSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    test::Server::instance().run_alone("DROP DATABASE IF EXISTS schemas WITH (FORCE)");
    test::Server::instance().run_alone("CREATE DATABASE schemas");
    connection_ = std::move(*Connection::open(test::Server::instance().url("schemas")));
  }
  void TearDown() override {
    connection_.reset();
    test::Server::instance().run_alone("DROP DATABASE schemas WITH (FORCE)");
  }
  static std::int64_t run_sql(const std::string& sql) { return test::Server::instance().run_sql("schemas", sql); }
  Status migrate(const std::vector<SchemaStep>& steps) {
    return migrate_schema(*connection_, steps, {"nodes", never_alone});
  }
  bool may_serve(const std::vector<SchemaStep>& steps) { return check_schema(*connection_, steps).ok(); }

  // Of programs that come one after the other.
  const std::vector<SchemaStep> own_ = schema_steps(false);
  const std::vector<SchemaStep> adding_ = with(own_, {"ALTER TABLE type_count ADD COLUMN note text", 1});
  const std::vector<SchemaStep> breaking_ =
      with(adding_, {"ALTER TABLE type_count DROP COLUMN versions", static_cast<int>(adding_.size()) + 1});
  std::unique_ptr<Connection> connection_;

 private:
  static std::vector<SchemaStep> with(std::vector<SchemaStep> steps, SchemaStep added) {
    steps.push_back(std::move(added));
    return steps;
  }
};

TEST_F(PostgresSchema, IsNotServedBeforeItIsMade) {
  EXPECT_NE(check_schema(*connection_, own_).error().message.find("no tables"), std::string::npos);
  ASSERT_TRUE(migrate(own_).ok()) << "nobody can serve what is not there";
  EXPECT_TRUE(may_serve(own_));
}

constexpr std::ptrdiff_t kShortRecords = 5;  // the version before which records of the log leave nothing out

TEST_F(PostgresSchema, ComesFromEachVersionToTheNewest) {
  for (std::ptrdiff_t steps = 1; steps <= std::ssize(own_); ++steps) {
    SetUp();
    std::string script;
    for (std::ptrdiff_t i = 0; i < steps; ++i) script += own_[static_cast<std::size_t>(i)].script;
    ASSERT_TRUE(connection_->script(script).ok());
    run_sql("UPDATE schema_version SET version = " + std::to_string(steps));
    const bool is_older = steps < std::ssize(own_);
    EXPECT_EQ(may_serve(own_), !is_older);
    if (steps < kShortRecords) {
      EXPECT_EQ(migrate(own_).error().message, "a node serves") << "which does not read these records";
      EXPECT_EQ(run_sql("SELECT version FROM schema_version"), steps);
    } else {
      EXPECT_TRUE(migrate(own_).ok()) << "while a node serves";
    }
    const Status migrated =
        migrate_schema(*connection_, own_, {"nodes", [] { return Result<std::optional<std::string>>(std::nullopt); }});
    ASSERT_TRUE(migrated.ok()) << migrated.error().message;
    EXPECT_TRUE(may_serve(own_));
    EXPECT_EQ(run_sql("SELECT version FROM schema_version"), static_cast<std::int64_t>(own_.size()));
    EXPECT_FALSE(is_older && may_serve({own_.begin(), own_.begin() + kShortRecords - 1})) << "a program of before";
    ASSERT_TRUE(connection_->run("SELECT add_history_partition(7, 16777216)").ok());
    EXPECT_EQ(run_sql("SELECT count(*) FROM history_7"), 0);
  }
}

TEST_F(PostgresSchema, IsServedByOlderProgramsAfterAStepThatAdds) {
  ASSERT_TRUE(migrate(own_).ok());
  EXPECT_FALSE(may_serve(adding_)) << "its column is not there yet";
  ASSERT_TRUE(migrate(adding_).ok()) << "while a node serves";
  EXPECT_TRUE(may_serve(own_));
  EXPECT_TRUE(may_serve(adding_));
  EXPECT_TRUE(migrate(own_).ok()) << "there is nothing to do for the older one";
  EXPECT_EQ(run_sql("SELECT version FROM schema_version"), static_cast<std::int64_t>(adding_.size()));
}

TEST_F(PostgresSchema, TakesNothingAwayFromANodeThatServes) {
  ASSERT_TRUE(migrate(adding_).ok());
  const Status refused = migrate(breaking_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "a node serves");
  EXPECT_TRUE(may_serve(own_));
  run_sql("INSERT INTO property VALUES ('nodes', 'of dead ones')");
  const auto comes_late = [] {
    run_sql("UPDATE property SET value = 'one more' WHERE key = 'nodes'");
    return Result<std::optional<std::string>>("of dead ones");
  };
  EXPECT_EQ(migrate_schema(*connection_, breaking_, {"nodes", comes_late}).error().category, Category::busy);
  EXPECT_TRUE(may_serve(own_));
  run_sql("UPDATE property SET value = 'of dead ones' WHERE key = 'nodes'");
  const Status alone = migrate_schema(*connection_, breaking_,
                                      {"nodes", [] { return Result<std::optional<std::string>>("of dead ones"); }});
  ASSERT_TRUE(alone.ok()) << alone.error().message;
  EXPECT_FALSE(may_serve(own_));
  EXPECT_FALSE(may_serve(adding_));
  EXPECT_TRUE(may_serve(breaking_));
  const Status older = migrate(own_);
  ASSERT_FALSE(older.ok());
  EXPECT_NE(older.error().message.find("version " + std::to_string(breaking_.size())), std::string::npos);
}

TEST_F(PostgresSchema, LeavesNothingOfAStepThatFails) {
  ASSERT_TRUE(migrate(own_).ok());
  std::vector<SchemaStep> broken = adding_;
  broken.push_back({"ALTER TABLE no_such_table ADD COLUMN x text", 1});
  EXPECT_FALSE(migrate(broken).ok());
  EXPECT_EQ(run_sql("SELECT version FROM schema_version"), static_cast<std::int64_t>(own_.size()));
  EXPECT_TRUE(migrate(adding_).ok()) << "the column is not there";
}

TEST(PostgresServingRole, MayReadAndWriteRowsAndChangeNoTable) {
  const test::TemporaryDatabase database;
  auto connection = std::move(*Connection::open(database.serving_url()));
  for (const char* refused :
       {"DELETE FROM history", "UPDATE history SET tail = ''", "DELETE FROM audit", "UPDATE audit SET record = ''",
        "UPDATE schema_version SET version = 1", "DELETE FROM head", "DROP TABLE resource", "TRUNCATE token",
        "ALTER TABLE resource ADD COLUMN x text", "CREATE TABLE mine(a text)", "CREATE SCHEMA mine"}) {
    EXPECT_FALSE(connection->run(refused, {}, Connection::Keep::once).ok()) << refused;
    EXPECT_EQ(connection->state(), "42501") << refused;
  }
  EXPECT_TRUE(connection->run("DELETE FROM property").ok());
}

// A temporary table of the caller's is not what the owner's function makes a partition of.
TEST(PostgresServingRole, MakesNoPartitionButOfVersions) {
  if (test::Server::with_citus()) GTEST_SKIP() << "shards stand for partitions";
  const test::TemporaryDatabase database;
  auto connection = std::move(*Connection::open(database.serving_url()));
  ASSERT_TRUE(connection->script("CREATE TEMP TABLE history(seq bigint) PARTITION BY RANGE (seq)").ok());
  ASSERT_TRUE(connection->run("SELECT add_history_partition(9, 16777216)").ok());
  EXPECT_EQ(database.run_sql("SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.history'::regclass"
                             " AND inhrelid = 'public.history_9'::regclass"),
            1);
}

}  // namespace
}  // namespace vesta::store::postgres
