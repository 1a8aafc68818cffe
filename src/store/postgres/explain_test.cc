// Plans as PostgreSQL writes them become steps.
#include "store/postgres/explain.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace vesta::store::postgres {
namespace {

constexpr std::string_view kPlan = R"json([{"Plan": {"Node Type": "Nested Loop", "Join Type": "Semi", "Plan Rows": 5,
  "Actual Rows": 2, "Actual Loops": 1, "Actual Total Time": 0.5, "Plans": [
    {"Node Type": "Index Scan", "Index Name": "i", "Relation Name": "token", "Alias": "t", "Index Cond": "(a = 1)",
     "Plan Rows": 3, "Actual Rows": 2, "Actual Loops": 1, "Actual Total Time": 0.1},
    {"Node Type": "Seq Scan", "Relation Name": "date", "Alias": "date", "Filter": "(b = 2)",
     "Plan Rows": 4, "Actual Rows": 1, "Actual Loops": 2, "Actual Total Time": 0.125},
    {"Node Type": "Result", "Plan Rows": 1, "Actual Rows": 0, "Actual Loops": 0, "Actual Total Time": 0.0}]},
  "Planning Time": 1.0, "Execution Time": 0.75}])json";

TEST(Explain, SumsUpLoopsAndKeepsTheOrderOfParts) {
  const auto step = read_plan(kPlan);
  ASSERT_TRUE(step.ok()) << step.error().message;
  EXPECT_EQ(step->time->count(), 1750);
  ASSERT_EQ(step->children.size(), 1U);
  const search::PlanStep& join = step->children.front();
  EXPECT_EQ(join.what, "Nested Loop, Semi");
  ASSERT_EQ(join.children.size(), 3U);
  EXPECT_EQ(join.children[0].what, "Index Scan by i of token as t, Index Cond (a = 1)");
  EXPECT_EQ(join.children[0].estimated, 3U);
  EXPECT_EQ(join.children[0].rows, 2U);
  EXPECT_EQ(join.children[1].estimated, 8U) << "in both loops";
  EXPECT_EQ(join.children[1].rows, 2U);
  EXPECT_EQ(join.children[1].time->count(), 250);
  EXPECT_EQ(join.children[2].what, "Result (never run)");
  EXPECT_EQ(join.children[2].rows, std::nullopt);
}

TEST(Explain, TellsWhatIsGatheredAndOneTaskOfTheShards) {
  const auto step = read_plan(R"json([{"Plan": {"Node Type": "Custom Scan", "Actual Loops": 1, "Distributed Query": {
    "Subplans": [{"PlannedStmt": [{"Plan": {"Node Type": "Result", "Actual Loops": 1}}]}],
    "Job": {"Task Count": 4, "Tasks": [
      {"Remote Plan": [[{"Plan": {"Node Type": "Index Scan", "Actual Loops": 1}}]]}]}}}}])json");
  ASSERT_TRUE(step.ok()) << step.error().message;
  const search::PlanStep& scan = step->children.front();
  EXPECT_EQ(scan.what, "Custom Scan, tasks 4");
  ASSERT_EQ(scan.children.size(), 2U);
  EXPECT_EQ(scan.children[0].what, "gathered before: Result");
  EXPECT_EQ(scan.children[1].what, "Index Scan");
  for (const char* query : {"{}", R"({"Job": {"Tasks": []}})", R"({"Subplans": [{}], "Job": {"Tasks": [{}]}})"}) {
    const auto bare =
        read_plan(R"([{"Plan": {"Node Type": "Custom Scan", "Distributed Query": )" + std::string(query) + "}}]");
    ASSERT_TRUE(bare.ok());
    EXPECT_TRUE(bare->children.front().children.empty());
  }
}

TEST(Explain, CutsLongTextsAndTellsOfDeepPlans) {
  const auto with = [](std::size_t bytes) {
    const std::string plan = R"json([{"Plan": {"Actual Loops": 1, "Node Type": ")json" + std::string(bytes, 'x');
    const auto step = read_plan(plan + "\"}}]");
    return step.ok() && step->children.size() == 1 ? step->children.front().what : std::string();
  };
  EXPECT_EQ(with(kMaxStepBytes), std::string(kMaxStepBytes, 'x'));
  EXPECT_EQ(with(kMaxStepBytes + 1), std::string(kMaxStepBytes, 'x') + "…");
  const auto deep = read_plan(std::string(100, '[') + std::string(100, ']'));
  ASSERT_TRUE(deep.ok());
  EXPECT_NE(deep->what.find("too deep"), std::string::npos) << deep->what;
  EXPECT_FALSE(read_plan("[]").ok());
}

}  // namespace
}  // namespace vesta::store::postgres
