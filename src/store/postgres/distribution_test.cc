// How Citus runs what the engine asks: on one shard, on each by itself, or in few rounds. Where there is no Citus, that
// nothing is distributed.
#include "store/postgres/distribution.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "search/plan.h"
#include "store/contract_test_support.h"
#include "store/postgres/connection.h"
#include "store/postgres/explain.h"
#include "store/postgres/parameters.h"
#include "store/postgres/test_support.h"
#include "store/postgres/versions.h"

namespace vesta::store::postgres {
namespace {

class Distribution : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto store = engine_.open(store::test::registry(), clock_);
    WriteSet set;
    set.writes.push_back(store::test::make_put(
        "Observation", "o", 0, "o}", store::test::observation("c", "final", "Patient/p", "2020-01-01", "1"), {}));
    ASSERT_TRUE(store->commit(set).ok());
    auto opened = Connection::open(engine_.database.url());
    ASSERT_TRUE(opened.ok());
    connection_ = std::move(*opened);
  }

  // How many tasks each round of a plan has.
  static void add_rounds(const search::PlanStep& step, std::vector<std::string>& rounds) {
    for (const search::PlanStep& below : step.children) add_rounds(below, rounds);
    constexpr std::string_view kTasks = ", tasks ";
    if (const auto at = step.what.find(kTasks); at != std::string::npos)
      rounds.push_back(step.what.substr(at + kTasks.size()));
  }
  static search::SortKey by(const char* type, const char* code) {
    return {search::SortKey::Column::parameter, &store::test::parameter(type, code), true};
  }
  std::vector<std::string> rounds_of(const std::string& sql, const Parameters& parameters) {
    const auto rows = connection_->run("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, parameters, Connection::Keep::once);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    std::vector<std::string> rounds;
    if (!rows.ok()) return rounds;
    const auto plan = read_plan(rows->bytes(0, 0));
    EXPECT_TRUE(plan.ok());
    add_rounds(*plan, rounds);
    return rounds;
  }
  std::vector<std::string> rounds_of(const search::Query& query) {
    const auto store = engine_.open(store::test::registry(), clock_);
    const auto page = store->search(query, {.count = 10, .explain = true});
    EXPECT_TRUE(page.ok()) << page.error().message;
    std::vector<std::string> rounds;
    if (page.ok()) add_rounds(*page->explanation, rounds);
    return rounds;
  }

  store::test::FakeClock clock_;
  test::PostgresEngine engine_;
  std::unique_ptr<Connection> connection_;
};

using Rounds = std::vector<std::string>;

TEST_F(Distribution, IsThereWhereTheExtensionIs) {
  const auto distributed = is_distributed(*connection_);
  ASSERT_TRUE(distributed.ok()) << distributed.error().message;
  EXPECT_EQ(*distributed, test::Server::with_citus());
}

TEST_F(Distribution, RefusesTablesThatAreNotTogether) {
  if (!test::Server::with_citus()) GTEST_SKIP() << "there is no Citus";
  engine_.database.run_sql("SELECT undistribute_table('token')");
  const auto distributed = is_distributed(*connection_);
  ASSERT_FALSE(distributed.ok());
  EXPECT_EQ(distributed.error().category, Category::unavailable);
}

TEST_F(Distribution, AReadByIdAsksOneShard) {
  if (!test::Server::with_citus()) GTEST_SKIP() << "there is no Citus";
  Parameters name;
  name.integer(static_cast<std::int32_t>(engine_.database.run_sql("SELECT type FROM resource")));
  name.text("o");
  EXPECT_EQ(rounds_of(kKeyOf, name), Rounds{"1"});
  name.bigint(engine_.database.run_sql("SELECT key FROM resource"));
  EXPECT_EQ(rounds_of(kCurrentOfKey, name), Rounds{"1"});
}

// As when a worker was lost between the two phases of a commit: another one has ended it, this one not yet.
TEST_F(Distribution, RefusesToWriteWhatOnlyHasAPlaceYet) {
  if (!test::Server::with_citus()) GTEST_SKIP() << "there is no Citus";
  engine_.database.run_sql("INSERT INTO place(key, type, id) SELECT 1000, type, 'half' FROM resource");
  const auto store = engine_.open(store::test::registry(), clock_);
  const auto put = [&](const char* id) {
    WriteSet set;
    set.writes.push_back(store::test::make_put(
        "Observation", id, 0, "o}", store::test::observation("c", "final", "Patient/p", "2020-01-01", "1"), {}));
    return store->commit(set);
  };
  const auto refused = put("half");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::busy);
  EXPECT_TRUE(put("whole").ok());
}

TEST_F(Distribution, RefusesASecondVersionOfTheSameNumber) {
  if (!test::Server::with_citus()) GTEST_SKIP() << "there is no Citus";
  engine_.database.run_sql(
      "INSERT INTO history(seq, key, type, id, version, last_updated, deleted, tail)"
      " SELECT 1000, key, type, id, 2, last_updated, deleted, tail FROM history");
  const auto store = engine_.open(store::test::registry(), clock_);
  WriteSet set;
  set.writes.push_back(store::test::make_put(
      "Observation", "o", 1, "o}", store::test::observation("c", "final", "Patient/p", "2020-01-01", "1"), {}));
  EXPECT_FALSE(store->commit(set).ok());
  EXPECT_EQ(engine_.database.run_sql("SELECT version FROM resource"), 1);
  EXPECT_EQ(engine_.database.run_sql("SELECT count(*) FROM history"), 2);
}

// On the two shards of the test's server. The first round finds the matches; the others read the page's versions.
TEST_F(Distribution, CriteriaAreJoinedOnEachShardAndChainsInOneRoundMore) {
  if (!test::Server::with_citus()) GTEST_SKIP() << "there is no Citus";
  const search::Plan code = store::test::token_query("Observation", "code", "c").plan;
  const search::Plan status = store::test::token_query("Observation", "status", "final").plan;
  const fhir::TypeId observation = store::test::type_of("Observation"), patient = store::test::type_of("Patient");
  const Rounds one = rounds_of(store::test::token_query("Observation", "code", "c"));
  const Rounds both = rounds_of({observation, search::Plan::make(search::Plan::Kind::and_, {code, status}), {}});
  EXPECT_EQ(both, one);
  const search::Parameter& subject = store::test::parameter("Observation", "subject");
  const Rounds chain =
      rounds_of({patient, search::Plan::make_link(search::Plan::Kind::has, {&subject, observation}, code), {}});
  EXPECT_EQ(chain.size(), one.size() + 1);
}

// Nothing that is contained has an id of its own to be found by. Behind the criteria that are joined, too, Citus takes
// a search for it.
TEST_F(Distribution, TakesWhatIsTrueOfNothingBehindManyCriteria) {
  using search::Plan;
  const auto store = engine_.open(store::test::registry(), clock_);
  const fhir::TypeId observation = store::test::type_of("Observation"), patient = store::test::type_of("Patient");
  std::vector<Plan> criteria(7, store::test::token_query("Observation", "code", "c").plan);
  const Plan id = Plan::make_leaf({nullptr, search::IdMatch{"o", false}});
  const Plan within = Plan::make_link(Plan::Kind::contains, {nullptr, patient}, Plan::make(Plan::Kind::or_, {id, id}));
  criteria.push_back(Plan::make(Plan::Kind::not_, {within}));
  const search::Query query{observation, Plan::make(Plan::Kind::and_, criteria), {}};
  EXPECT_EQ(store::test::all_pages(*store, query, 5), std::vector<std::string>{"o"});
}

// Keys of several values, each looked up, beside a step that is gathered.
TEST_F(Distribution, TakesAWalkBesideAStep) {
  using search::Plan;
  const auto store = engine_.open(store::test::registry(), clock_);
  const fhir::TypeId observation = store::test::type_of("Observation"), patient = store::test::type_of("Patient");
  const auto code = [](const char* text) { return store::test::token_query("Observation", "code", text).plan; };
  const auto gender = [](const char* text) { return store::test::token_query("Patient", "gender", text).plan; };
  const Plan within = Plan::make_link(Plan::Kind::contains, {nullptr, patient}, gender("male"));
  const Plan step = Plan::make_link(Plan::Kind::has, {&store::test::parameter("Observation", "subject"), observation},
                                    Plan::make(Plan::Kind::or_, {code("c"), within}));
  const Plan either = Plan::make(Plan::Kind::or_, {gender("male"), gender("female")});
  const Plan step_of_many = Plan::make(Plan::Kind::and_, {either, step, gender("male")});
  const std::vector<search::Query> queries{{observation, Plan::make(Plan::Kind::and_, {code("c"), code("c")}), {}},
                                           {patient, step_of_many, {}}};
  EXPECT_EQ(store::test::all_pages(*store, queries, 5), std::vector<std::string>{"o"});
  for (const std::vector<search::SortKey>& sort : {std::vector<search::SortKey>(), {by("Patient", "birthdate")}}) {
    EXPECT_EQ(store::test::all_pages(*store, {patient, step_of_many, sort}, 5), std::vector<std::string>());
  }
}

// A code of any system is never another one than any code.
TEST_F(Distribution, TakesAValueThatNoRowHas) {
  using search::Plan;
  const auto store = engine_.open(store::test::registry(), clock_);
  const search::Parameter& code = store::test::parameter("Observation", "code");
  const Plan never = Plan::make_leaf({&code, search::TokenMatch{.system = {}, .code = {}, .unequal = true}});
  const Plan composite = Plan::make_leaf(
      {&store::test::parameter("Observation", "combo-code-value-quantity"), search::CompositeMatch{{never.leaf}}});
  const Plan has_code = store::test::token_query("Observation", "code", "c").plan;
  const auto ids = [&](Plan::Kind kind, Plan nothing) {
    const search::Query query{
        store::test::type_of("Observation"), Plan::make(kind, {has_code, std::move(nothing)}), {}};
    const std::vector<std::string> found = store::test::all_pages(*store, query, 5);
    EXPECT_EQ(store::test::all_pages(*store, {query.type, query.plan, {by("Observation", "date")}}, 5), found);
    return found;
  };
  const Plan untrue = Plan::make(Plan::Kind::not_, {Plan::make(Plan::Kind::or_, {Plan::make_all(), has_code})});
  const Plan within = Plan::make_link(Plan::Kind::contains, {nullptr, store::test::type_of("Patient")}, untrue);
  for (const Plan& nothing : {never, composite, Plan::make(Plan::Kind::or_, {never, never}), untrue, within}) {
    EXPECT_EQ(ids(Plan::Kind::and_, nothing), std::vector<std::string>());
    EXPECT_EQ(ids(Plan::Kind::or_, nothing), std::vector<std::string>{"o"});
    EXPECT_EQ(ids(Plan::Kind::and_, Plan::make(Plan::Kind::not_, {nothing})), std::vector<std::string>{"o"});
  }
}

}  // namespace
}  // namespace vesta::store::postgres
