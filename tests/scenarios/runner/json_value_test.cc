// Tests of the JSON value that judges the answers of scenarios.
#include "tests/scenarios/runner/json_value.h"

#include <gtest/gtest.h>

namespace vesta::tests {
namespace {

std::optional<std::string> difference(std::string_view left, std::string_view right) {
  return first_difference(*parse_json(left), *parse_json(right));
}

TEST(JsonValue, KeepsTheTextOfNumbers) {
  EXPECT_FALSE(difference(R"({"a":1.50,"b":[true,null]})", R"({"b":[true,null],"a":1.50})"));
  EXPECT_EQ(difference(R"({"a":1.50})", R"({"a":1.5})"), "$.a: 1.50 against 1.5");
  EXPECT_EQ(difference(R"({"a":[1]})", R"({"a":[1,2]})"), "$.a: 1 against 2 items");
  EXPECT_EQ(difference(R"({"a":"1"})", R"({"a":1})"), "$.a: \"1\" against 1");
  EXPECT_EQ(difference(R"({"a":1})", R"({"a":1,"b":2})"), "$.b: nothing against 2");
}

TEST(JsonValue, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1.", "+1", "\"\\x\"", "\"\\ud800\"", "nul",
                           "1 2", "{a:1}", "'a'", "\"a\nb\""}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
  EXPECT_EQ(parse_json(R"("\u00e9\ud83d\ude00\n")")->text, "é😀\n");
}

TEST(JsonValue, SelectsByPath) {
  const auto json = *parse_json(R"({"link":[{"relation":"self","url":"s"},{"relation":"next","url":"n"}]})");
  EXPECT_EQ(select(json, "$.link[1].url")->at(0)->text, "n");
  EXPECT_EQ(select(json, "$.link[relation=next].url")->at(0)->text, "n");
  EXPECT_EQ(select(json, "$.link[*].url")->size(), 2u);
  EXPECT_TRUE(select(json, "$.entry[0].x")->empty());
  EXPECT_FALSE(select(json, "link"));
}

}  // namespace
}  // namespace vesta::tests
