// What a search begins with: the criterion of the fewest index rows, as far as they are few.
#include "store/postgres/row_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/contract_test_support.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_support.h"

namespace vesta::store {
namespace {

class RowCountsTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kMaxWalked = 3;

  void SetUp() override {
    if (postgres::test::Server::with_citus()) GTEST_SKIP() << "plans are told of one shard";
    store_ = engine_.open(test::registry(), clock_, kMaxWalked);
    ASSERT_NE(store_, nullptr);
  }

  // An Observation of this code and subject.
  void put(const std::string& code, const std::string& subject) {
    WriteSet set;
    const std::string id = "o" + std::to_string(++written_);
    set.writes.push_back(test::make_put("Observation", id, 0, id + "}",
                                        test::observation(code, "final", subject, "2020-01-01", "1"), {}));
    ASSERT_TRUE(store_->commit(set).ok());
  }
  // The steps of the search's plan; and that it finds so many.
  std::string plan_of(const search::Query& query, std::size_t matches) {
    const auto page = store_->search(query, {.count = 100, .explain = true});
    EXPECT_TRUE(page.ok()) << page.error().message;
    if (!page.ok()) return "";
    EXPECT_EQ(page->entries.size(), matches);
    std::string plan;
    std::vector<const search::PlanStep*> steps{&*page->explanation};
    for (std::size_t at = 0; at < steps.size(); ++at) {
      plan += steps[at]->what + "\n";
      for (const search::PlanStep& below : steps[at]->children) steps.push_back(&below);
    }
    return plan;
  }
  // Whether it looks its resources up by the keys of a criterion.
  bool is_walked(const search::Query& query, std::size_t matches) {
    return plan_of(query, matches).find("of resource as resource") != std::string::npos;
  }
  static search::Query both(search::Query one, search::Query other) {
    std::vector<search::Plan> criteria;
    criteria.push_back(std::move(one.plan));
    criteria.push_back(std::move(other.plan));
    return {one.type, search::Plan::make(search::Plan::Kind::and_, std::move(criteria)), {}};
  }
  static search::Query by_code(const std::string& code) { return test::token_query("Observation", "code", code); }
  static search::Query by_subject(const std::string& id) {
    return test::reference_query("Observation", "subject", "Patient", id);
  }

  test::FakeClock clock_;
  postgres::test::PostgresEngine engine_;
  std::unique_ptr<Store> store_;
  int written_ = 0;
};

TEST_F(RowCountsTest, LeadToTheCriterionOfFewRows) {
  for (std::int64_t i = 0; i < kMaxWalked; ++i) put("many", i + 1 < kMaxWalked ? "Patient/few" : "Patient/one");
  EXPECT_TRUE(is_walked(both(by_code("many"), by_subject("few")), kMaxWalked - 1));
  EXPECT_TRUE(is_walked(both(by_subject("few"), by_code("none")), 0));
  put("many", "Patient/others");
  put("many", "Patient/others");
  put("many", "Patient/others");
  EXPECT_FALSE(is_walked(both(by_code("many"), by_subject("others")), 3)) << "neither has few rows";
}

// A hash table would have all rows of the value, which nobody has counted to the end.
TEST_F(RowCountsTest, LetTheOthersBeAskedForEachRow) {
  for (int i = 0; i < 100; ++i) put("many", "Patient/p" + std::to_string(i % 50));
  engine_.database.run_sql("ANALYZE");
  const std::string plan = plan_of(both(by_subject("p1"), by_code("many")), 2);
  EXPECT_NE(plan.find("of resource as resource"), std::string::npos) << plan;
  EXPECT_NE(plan.find("SubPlan"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("hashed SubPlan"), std::string::npos) << plan;
}

TEST_F(RowCountsTest, AreUsedForAWhile) {
  put("few", "Patient/p");
  const search::Query query = both(by_code("few"), by_code("few"));
  EXPECT_TRUE(is_walked(query, 1));
  for (std::int64_t i = 1; i < postgres::kMinRowCountLife; ++i) put("few", "Patient/p");
  EXPECT_TRUE(is_walked(query, postgres::kMinRowCountLife));
  put("other", "Patient/p");
  EXPECT_FALSE(is_walked(query, postgres::kMinRowCountLife)) << "counted anew";
}

TEST_F(RowCountsTest, AreOfNotTooManyRanges) {
  put("c0", "Patient/p");
  const auto any_of = [](std::size_t count) {
    std::vector<search::Plan> codes;
    for (std::size_t i = 0; i < count; ++i) codes.push_back(by_code("c" + std::to_string(i)).plan);
    return search::Query{
        test::type_of("Observation"), search::Plan::make(search::Plan::Kind::or_, std::move(codes)), {}};
  };
  EXPECT_TRUE(is_walked(any_of(postgres::kMaxWalkedRanges), 1));
  EXPECT_FALSE(is_walked(any_of(postgres::kMaxWalkedRanges + 1), 1));
}

}  // namespace
}  // namespace vesta::store
