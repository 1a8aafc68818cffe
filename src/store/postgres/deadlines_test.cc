// A request's deadline ends its waits for PostgreSQL: at the server too, and its connection is there for others.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "store/contract_test_support.h"
#include "store/postgres/connection.h"
#include "store/postgres/pool.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_support.h"
#include "store/store.h"

namespace vesta::store::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kShort{300};
constexpr std::chrono::hours kLong{1};

class PostgresDeadlines : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> connect() const {
    auto opened = Connection::open(database_.url());
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
  }
  std::unique_ptr<Store> open(std::size_t connections = 0) {
    auto store = postgres::open(
        {.url = database_.url(), .registry = &store::test::registry(), .clock = &clock_, .connections = connections});
    EXPECT_TRUE(store.ok());
    return std::move(*store);
  }
  static Result<std::vector<Written>> put(Store& store, const std::string& id, SteadyClock::duration time) {
    const DeadlineScope scope(SteadyClock::now() + time);
    WriteSet set;
    set.writes.push_back(store::test::make_put("Patient", id, 0, id + "}", {}, {}));
    return store.commit(set);
  }
  // What other sessions wait for.
  std::int64_t waiting() const {
    return database_.run_sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
  }
  static void wait_for(const std::function<bool()>& holds) {
    const auto end = SteadyClock::now() + std::chrono::seconds(20);
    while (!holds()) {
      ASSERT_LT(SteadyClock::now(), end);
      std::this_thread::yield();
    }
  }

  store::test::FakeClock clock_;
  test::TemporaryDatabase database_;
};

TEST_F(PostgresDeadlines, EndASlowStatement) {
  const auto connection = connect();
  {
    const DeadlineScope scope(SteadyClock::now() + kShort);
    const auto slow = connection->run("SELECT pg_sleep(60)");
    ASSERT_FALSE(slow.ok());
    EXPECT_EQ(slow.error().category, Category::busy);
    EXPECT_EQ(connection->state(), "57014") << "the server ended it";
  }
  ASSERT_TRUE(connection->is_usable());
  EXPECT_EQ(connection->run("SHOW statement_timeout")->bytes(0, 0), "30s") << "the next one has its own time";
  const DeadlineScope scope(SteadyClock::now() + kLong);
  EXPECT_EQ(connection->run("SHOW statement_timeout")->bytes(0, 0), "30s") << "the longest there is";
}

TEST_F(PostgresDeadlines, StayAsTheyWereInATransaction) {
  const auto connection = connect();
  {
    const DeadlineScope scope(SteadyClock::now() + std::chrono::seconds(20));
    ASSERT_TRUE(connection->run("BEGIN").ok());
    EXPECT_NE(connection->run("SHOW statement_timeout")->bytes(0, 0), "30s");
    ASSERT_FALSE(connection->run("SELECT 1 / 0").ok());
    ASSERT_TRUE(connection->roll_back().ok());
  }
  EXPECT_EQ(connection->run("SHOW statement_timeout")->bytes(0, 0), "30s");
}

TEST_F(PostgresDeadlines, SendNothingOnceTheyAreOver) {
  const auto store = open();
  const auto written = put(*store, "p", std::chrono::seconds(0));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().category, Category::busy);
  {
    const DeadlineScope scope(SteadyClock::now());
    const auto read = store->read_version(store::test::type_of("Patient"), "p", {1});
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().category, Category::busy);
  }
  EXPECT_FALSE((*store->read(store::test::type_of("Patient"), "p")).has_value());
  EXPECT_TRUE(put(*store, "p", kLong).ok());
}

// `head` is locked by a session that does not let go.
TEST_F(PostgresDeadlines, EndAWriteThatWaitsForItsTurn) {
  const auto store = open();
  const auto other = connect();
  ASSERT_TRUE(other->run("BEGIN").ok());
  ASSERT_TRUE(other->run("SELECT 1 FROM head FOR UPDATE").ok());
  std::thread patient([&] {
    const auto written = put(*store, "patient", kLong);
    EXPECT_TRUE(written.ok()) << "it is not spoiled by those whose time is over";
  });
  for (const char* id : {"hasty", "too"}) {
    const auto written = put(*store, id, kShort);
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().category, Category::busy) << written.error().message;
  }
  ASSERT_TRUE(other->run("COMMIT").ok());
  patient.join();
  EXPECT_EQ(store->statistics()->versions, 1u);
}

TEST_F(PostgresDeadlines, LeaveNoLockBehind) {
  const auto store = open();
  const auto other = connect();
  ASSERT_TRUE(other->run("BEGIN").ok());
  ASSERT_TRUE(other->run("SELECT 1 FROM head FOR UPDATE").ok());
  ASSERT_FALSE(put(*store, "hasty", kShort).ok());
  wait_for([&] { return waiting() == 0; });
  ASSERT_TRUE(other->run("COMMIT").ok());
  EXPECT_TRUE(put(*store, "next", kLong).ok());
}

TEST_F(PostgresDeadlines, EndAReadAndGiveItsConnectionBack) {
  const auto store = open(1);
  ASSERT_TRUE(put(*store, "p", kLong).ok());
  const auto other = connect();
  ASSERT_TRUE(other->run("BEGIN").ok());
  ASSERT_TRUE(other->run("LOCK TABLE history IN ACCESS EXCLUSIVE MODE").ok());
  for (int i = 0; i < 2; ++i) {
    const DeadlineScope scope(SteadyClock::now() + kShort);
    const auto read = store->read_version(store::test::type_of("Patient"), "p", {1});
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().category, Category::busy) << read.error().message;
  }
  wait_for([&] { return waiting() == 0; });
  ASSERT_TRUE(other->run("COMMIT").ok());
  EXPECT_TRUE((*store->read_version(store::test::type_of("Patient"), "p", {1})).has_value());
}

TEST_F(PostgresDeadlines, EndAWaitForAConnection) {
  Pool pool(database_.url(), 1, kLong);
  const auto refused = pool.read<bool>([&](Connection&) {
    const DeadlineScope scope(SteadyClock::now() + kShort);
    return pool.read<bool>([](Connection&) -> Result<bool> { return true; });
  });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::busy);
}

// As of a node that stands still in the midst of a commit: others go on without it.
TEST_F(PostgresDeadlines, EndATransactionThatDoesNotGoOn) {
  const auto connection = connect();
  ASSERT_TRUE(connection->limit_idle_transactions(kShort).ok());
  ASSERT_TRUE(connection->run("BEGIN").ok());
  ASSERT_TRUE(connection->run("SELECT 1 FROM head FOR UPDATE").ok());
  ASSERT_TRUE(put(*open(), "p", std::chrono::seconds(20)).ok());
  const auto late = connection->run("COMMIT");
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().category, Category::unavailable) << late.error().message;
  EXPECT_FALSE(connection->is_usable());
}

// As of a node that stands still while it sends what belongs together: the server has a part, and waits for the rest.
TEST_F(PostgresDeadlines, EndWhoStandsStillInTheMidstOfSending) {
  const auto store = open();
  const auto connection = connect();
  ASSERT_TRUE(connection->limit_idle_transactions(kShort).ok());
  connection->send("BEGIN");
  connection->send("SELECT 1 FROM head FOR UPDATE");
  const std::string much(1 << 16, 'x');  // with it libpq sends what came before
  Parameters text;
  text.text(much);
  connection->send("SELECT $1", text);
  wait_for([&] {
    return database_.run_sql(
               "SELECT count(*) FROM pg_locks WHERE relation = 'head'::regclass AND mode = 'RowShareLock'") > 0;
  });
  ASSERT_TRUE(put(*store, "p", std::chrono::seconds(60)).ok());
  const auto late = connection->sync();
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().category, Category::unavailable) << late.error().message;
  EXPECT_EQ(store->statistics()->versions, 1u);
}

// Nor is who works ended, however long it takes.
TEST_F(PostgresDeadlines, LeaveWhoGoesOnAlone) {
  const auto store = open();
  const auto busy = connect();
  busy->send("BEGIN");
  busy->send("SELECT pg_sleep(8) FROM (SELECT 1 FROM head FOR UPDATE) locked");
  busy->send("COMMIT");
  std::thread worker([&] { EXPECT_TRUE(busy->sync().ok()); });
  wait_for([&] { return database_.run_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") > 0; });
  EXPECT_TRUE(put(*store, "p", std::chrono::seconds(60)).ok());
  worker.join();
}

}  // namespace
}  // namespace vesta::store::postgres
