// Choices: which way a search takes by how many resources a leaf matches, told by explanations.
#include <gtest/gtest.h>

#include "store/contract_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"
#include "store/sqlite/value_counts.h"

namespace vesta::store {
namespace {

constexpr int kResources = 3'000;
constexpr std::int64_t kDay = 86'400'000'000;

// Observations of one day each, from day 0 on.
class ChoicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
    WriteSet set;
    for (int i = 0; i < kResources; ++i) {
      Write write{Write::Kind::put, test::type_of("Observation"), "o" + std::to_string(i), {}, "}", {}, {}};
      write.added.dates = {{date().id, i * kDay, (i + 1) * kDay}};
      write.added.present = {date().id};
      set.writes.push_back(std::move(write));
    }
    const auto written = store_->commit(set);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }

  static const search::Parameter& date() { return test::parameter("Observation", "date"); }

  // The step of the plan for a first page of the observations from this day on.
  search::PlanStep page_from_day(int day, std::size_t expected) {
    const search::DateMatch match{search::Prefix::ge, day * kDay, (day + 1) * kDay};
    auto page = store_->search(test::leaf_query("Observation", {&date(), match}), {.count = 20, .explain = true});
    EXPECT_TRUE(page.ok() && page->explanation);
    EXPECT_EQ(page->entries.size(), expected);
    return page->explanation->children.front();
  }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(ChoicesTest, FewRowsOfARangeAreGathered) {
  const search::PlanStep step = page_from_day(kResources - 7, 7);
  EXPECT_NE(step.what.find("gathered"), std::string::npos) << step.what;
  EXPECT_EQ(step.rows.value_or(0), 7u);
}

TEST_F(ChoicesTest, ManyRowsOfARangeAreTestedInTheOrderOfKeys) {
  const search::PlanStep step = page_from_day(5, 20);
  EXPECT_EQ(step.what.find("gathered"), std::string::npos) << step.what;
  EXPECT_LE(step.rows.value_or(9'999), 40u) << "no more than the page and a little";
}

TEST_F(ChoicesTest, ARangeWhoseMatchesComeLateIsGatheredInTheEnd) {
  const search::PlanStep step = page_from_day(kResources / 2, 20);
  EXPECT_NE(step.what.find("gathered"), std::string::npos) << step.what;
}

// Until so much was written that it may be another one.
TEST_F(ChoicesTest, TheCountOfAValueIsKept) {
  int made = 0;
  const auto add = [&](std::uint64_t observations, const char* code = "x") {
    WriteSet set;
    for (std::uint64_t i = 0; i < observations; ++i) {
      set.writes.push_back(
          test::make_put("Observation", "c" + std::to_string(made++), 0, "}", test::code_value(code), {}));
    }
    EXPECT_TRUE(store_->commit(set).ok());
  };
  const auto estimated = [&]() -> std::uint64_t {
    const search::Parameter& code = test::parameter("Observation", "code");
    std::vector<search::Plan> both;
    both.push_back(search::Plan::make_leaf({&code, search::TokenMatch{std::nullopt, "x"}}));
    both.push_back(search::Plan::make_leaf({&code, search::TokenMatch{std::nullopt, "y"}}));
    search::Query query = test::all_query("Observation");
    query.plan = search::Plan::make(search::Plan::Kind::or_, std::move(both));
    query.sort = {{search::SortKey::Column::last_updated}};
    const auto page = store_->search(query, {.count = 20, .explain = true});
    EXPECT_TRUE(page.ok() && page->explanation);
    return page->explanation->children.front().children.front().estimated.value_or(9'999);
  };
  add(8);
  add(1, "y");
  EXPECT_EQ(estimated(), 8u);
  add(sqlite::kMinCountLife);
  EXPECT_EQ(estimated(), 8u) << "as it was counted";
  add(8 / sqlite::kRowsPerLifeOfCount + 1);
  EXPECT_EQ(estimated(), 8u + sqlite::kMinCountLife + 8 / sqlite::kRowsPerLifeOfCount + 1) << "counted again";
}

}  // namespace
}  // namespace vesta::store
