// Tests of the reader of scenario files.
#include "tests/scenarios/runner/scenario.h"

#include <gtest/gtest.h>

namespace vesta::tests {
namespace {

TEST(Scenario, ReadsStepsAndExpectations) {
  const auto read = parse_scenarios(
      "# comment\n== First\n\nPOST /Patient?x=1\nIf-None-Exist: a=b\n\n{\n\n}\n=> 201\nETag: W/\"1\"\n"
      "Location: ~Patient/(.*) -> id\n$.a.b = {\"c\": 1}\nunchanged\n\nfind Patient?a=b => x y\n== Second\nreject "
      "Patient "
      "{\"a\":\"=>\"} => Patient.a\n");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  const Step& step = read->at(0).steps.at(0);
  EXPECT_EQ(step.target, "/Patient?x=1");
  EXPECT_EQ(step.headers.at(0).second, "a=b");
  EXPECT_EQ(step.body, "{\n\n}");
  EXPECT_EQ(step.status, 201);
  ASSERT_EQ(step.expectations.size(), 4u);
  EXPECT_EQ(step.expectations[1].text, "Patient/(.*)");
  EXPECT_EQ(step.expectations[1].variable, "id");
  EXPECT_EQ(step.expectations[2].subject, "$.a.b");
  EXPECT_EQ(read->at(0).steps.at(1).text, "x y");
  EXPECT_EQ(read->at(1).steps.at(0).body, "{\"a\":\"=>\"}");
  EXPECT_EQ(read->at(1).steps.at(0).text, "Patient.a");
}

TEST(Scenario, MayBeAboutOneEngine) {
  const auto read = parse_scenarios("== [sqlite] First\n== Second [x]\n");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->at(0).engine, Engine::sqlite);
  EXPECT_EQ(read->at(0).title, "First");
  EXPECT_EQ(read->at(1).engine, std::nullopt);
  EXPECT_EQ(read->at(1).title, "Second [x]");
  EXPECT_EQ(parse_scenarios("\n== [sqlight] A\n").error().message, "line 2: no engine: sqlight");
}

TEST(Scenario, NamesTheLineOfAnError) {
  EXPECT_EQ(parse_scenarios("== A\nfnid x => y\n").error().message, "line 2: not a step: fnid");
  EXPECT_EQ(parse_scenarios("GET /\n=> 200\n").error().message, "line 1: a step before the first '== title'");
  EXPECT_FALSE(parse_scenarios("== A\nGET /\nX\n=> 200\n").ok());
  EXPECT_FALSE(parse_scenarios("== A\nGET /\n=> 200\n$.a is 3\n").ok());
}

}  // namespace
}  // namespace vesta::tests
