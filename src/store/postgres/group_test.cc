// Sets of one transaction that write the same resources.
#include "store/postgres/group.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "store/contract_test_support.h"
#include "store/postgres/catalog.h"
#include "store/postgres/pool.h"
#include "store/postgres/test_support.h"

namespace vesta::store::postgres {
namespace {

class GroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = engine_.open(store::test::registry(), clock_);
    ASSERT_NE(store_, nullptr);
    ASSERT_TRUE(catalog_.load().ok());
    auto opened = Connection::open(engine_.database.url());
    ASSERT_TRUE(opened.ok());
    connection_ = std::move(*opened);
  }
  static Write put(const std::string& id, std::uint64_t expected, const std::string& code) {
    return store::test::make_put("Observation", id, expected, id + code + "}",
                                 store::test::observation(code, "final", "Patient/p", "2020-01-01", "1"), {});
  }
  // Which is asked of the tables, so that what is pending is written before.
  static Condition nothing_has(const std::string& code) {
    return {store::test::token_query("Observation", "code", code), {}};
  }
  std::vector<std::string> found_by(const std::string& code) {
    return store::test::all_pages(*store_, store::test::token_query("Observation", "code", code), 5);
  }

  store::test::FakeClock clock_;
  test::PostgresEngine engine_;
  std::unique_ptr<Store> store_;
  Pool pool_{engine_.database.url(), 1};
  Catalog catalog_{store::test::registry(), pool_};
  std::unique_ptr<Connection> connection_;
};

TEST_F(GroupTest, WritesAResourceSeveralTimes) {
  WriteSet before;
  before.writes.push_back(put("old", 0, "c0"));
  ASSERT_TRUE(store_->commit(before).ok());
  std::vector<WriteSet> sets(3);
  for (const char* id : {"new", "old"}) {
    const std::uint64_t first = std::string(id) == "old" ? 1 : 0;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      sets[i].writes.push_back(put(id, first + i, "c" + std::to_string(i + 1)));
    }
  }
  sets[2].conditions.push_back(nothing_has("c1"));  // behind the first two
  std::vector<PreparedSet> prepared;
  std::vector<const PreparedSet*> given;
  for (const WriteSet& set : sets) {
    auto made = prepare(catalog_, set);
    ASSERT_TRUE(made.ok());
    prepared.push_back(std::move(*made));
  }
  for (const PreparedSet& set : prepared) given.push_back(&set);
  Group group(*connection_, catalog_);
  ASSERT_TRUE(group.begin(given, clock_.now()).ok());
  for (const PreparedSet* set : given) {
    const auto written = group.apply(*set);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  ASSERT_TRUE(group.commit("test", 1).ok());
  for (const char* code : {"c0", "c1", "c2"}) EXPECT_TRUE(found_by(code).empty()) << code;
  EXPECT_EQ(found_by("c3"), (std::vector<std::string>{"old", "new"}));
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM resource"), 2);
  EXPECT_EQ(engine_.database.run_sql("SELECT sum(version)::bigint FROM resource"), 3 + 4);
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM history"), 3 + 4);
}

}  // namespace
}  // namespace vesta::store::postgres
