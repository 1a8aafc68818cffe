// JSON Patch: the official cases, each operation, what is refused and where, and the limits.
#include "json/patch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "json/tokens.h"

namespace vesta::json {
namespace {

// The document as it becomes, or the place and the words of the refusal.
std::string patched(std::string_view document, std::string_view patch) {
  auto value = parse_value(document);
  EXPECT_TRUE(value.ok());
  const auto operations = parse_patch(patch);
  if (!operations.ok()) return "invalid " + operations.error().message;
  const Status applied = apply_patch(*operations, *value);
  if (!applied.ok()) return applied.error().message;
  std::string out;
  append_value(*value, out);
  return out;
}

// https://github.com/FHIR/fhir-test-cases
TEST(JsonPatch, PassesTheOfficialCases) {
  const char* const folder = std::getenv("VESTA_SHARED_DATA");
  std::ifstream file(std::string(folder == nullptr ? "" : folder) + "/patch/json-patch-tests.json");
  if (!file) GTEST_SKIP() << "no data";
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto cases = parse_value(text);
  ASSERT_TRUE(cases.ok()) << cases.error().message;
  EXPECT_EQ(cases->items.size(), 16u);
  for (Value& each : cases->items) {
    std::string patch;
    append_value(*each.find("patch"), patch);
    Value document = *each.find("doc");
    const auto operations = parse_patch(patch);
    ASSERT_TRUE(operations.ok()) << patch;
    const Status applied = apply_patch(*operations, document);
    const Value* const expected = each.find("expected");
    EXPECT_EQ(applied.ok(), expected != nullptr) << each.find("comment")->text;
    if (applied.ok() && expected != nullptr) {
      EXPECT_TRUE(are_equal(document, *expected)) << each.find("comment")->text;
    }
  }
}

TEST(JsonPatch, KeepsWhatItDoesNotTouch) {
  EXPECT_EQ(patched(R"({"a":1.50,"b":["x",-0.0,1e3],"c":"ä\n"})", R"([{"op":"add","path":"/b/1","value":2.10}])"),
            R"({"a":1.50,"b":["x",2.10,-0.0,1e3],"c":"ä\n"})");
  EXPECT_EQ(patched(R"({"a":1,"b":2})", R"([{"op":"replace","path":"/a","value":[]}])"), R"({"a":[],"b":2})");
  EXPECT_EQ(patched(R"({"a":1})", "[]"), R"({"a":1})");
}

TEST(JsonPatch, WorksOnTheWholeDocument) {
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"add","path":"","value":[true]}])"), "[true]");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"replace","path":"","value":null}])"), "null");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"copy","from":"","path":"/b"}])"), R"({"a":1,"b":{"a":1}})");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"move","from":"/a","path":""}])"), "1");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"remove","path":""}])"), "[0].path: The whole document cannot be removed.");
}

TEST(JsonPatch, ComparesNumbersByWhatTheyAreWorth) {
  for (const char* same : {"100", "1e2", "1.0E+2", "100.00", "0.1e3"}) {
    const std::string patch = R"([{"op":"test","path":"/a","value":)" + std::string(same) + "}]";
    EXPECT_EQ(patched(R"({"a":100})", patch), R"({"a":100})") << same;
  }
  for (const char* other : {"-100", "10", "1e3", "1000", "\"100\"", "[100]", "null", "1e99999999999999999999"}) {
    const std::string patch = R"([{"op":"test","path":"/a","value":)" + std::string(other) + "}]";
    EXPECT_EQ(patched(R"({"a":100})", patch), "[0].value: The test fails: another value is there.") << other;
  }
  EXPECT_EQ(patched(R"({"a":-0.0})", R"([{"op":"test","path":"/a","value":0}])"), R"({"a":-0.0})");
  EXPECT_EQ(patched(R"({"a":{"x":1,"y":[]}})", R"([{"op":"test","path":"/a","value":{"y":[],"x":1}}])"),
            R"({"a":{"x":1,"y":[]}})");
}

TEST(JsonPatch, RefusesWhatCannotBeAppliedWithItsPlace) {
  const std::string document = R"({"a":[1,2],"b":{"c":1}})";
  const std::string none = ": There is no such value.";
  EXPECT_EQ(patched(document, R"([{"op":"remove","path":"/x"}])"), "[0].path" + none);
  EXPECT_EQ(
      patched(document, R"([{"op":"test","path":"","value":{"b":{"c":1},"a":[1,2]}},{"op":"remove","path":"/a/2"}])"),
      "[1].path" + none);
  EXPECT_EQ(patched(document, R"([{"op":"remove","path":"/a/-"}])"), "[0].path" + none);
  EXPECT_EQ(patched(document, R"([{"op":"replace","path":"/a/01","value":1}])"), "[0].path" + none);
  EXPECT_EQ(patched(document, R"([{"op":"move","from":"/x","path":"/y"}])"), "[0].from" + none);
  EXPECT_EQ(patched(document, R"([{"op":"copy","from":"/b/d","path":"/y"}])"), "[0].from" + none);
  EXPECT_EQ(patched(document, R"([{"op":"add","path":"/b/c/d","value":1}])"), "[0].path" + none);
  EXPECT_EQ(patched(document, R"([{"op":"add","path":"/a/3","value":1}])"), "[0].path: The list has 2 items.");
  EXPECT_EQ(patched(document, R"([{"op":"add","path":"/a/+1","value":1}])"), "[0].path: The list has 2 items.");
  EXPECT_EQ(patched(document, R"([{"op":"move","from":"/b","path":"/b/c"}])"),
            "[0].path: A value cannot go into itself.");
  EXPECT_EQ(patched(document, R"([{"op":"move","from":"/b","path":"/b"}])"), document);
}

TEST(JsonPatch, RefusesWhatIsNoPatchWithItsPlace) {
  EXPECT_EQ(patched("{}", "{}"), "invalid A JSON Patch is an array of operations.");
  EXPECT_EQ(patched("{}", "[1]"), "invalid [0]: An operation is an object.");
  EXPECT_EQ(patched("{}", R"([{"op":"merge","path":""}])"),
            "invalid [0].op: It is one of add, remove, replace, move, copy and test.");
  EXPECT_EQ(patched("{}", R"([{"op":"remove"}])"), "invalid [0].path: A JSON Pointer is missing.");
  EXPECT_EQ(patched("{}", R"([{"op":"move","path":""}])"), "invalid [0].from: A JSON Pointer is missing.");
  EXPECT_EQ(patched("{}", R"([{"op":"add","path":"/a"}])"), "invalid [0].value: 'add' needs a value.");
  for (const char* pointer : {"a", "/~", "/~2"}) {
    const std::string patch = R"([{"op":"remove","path":")" + std::string(pointer) + R"("}])";
    EXPECT_TRUE(patched("{}", patch).starts_with("invalid [0].path: '")) << pointer;
  }
  EXPECT_EQ(patched("{}", R"([{"op":"remove","path":"/a","path":"/b"}])"), "invalid an object has 'path' twice");
  EXPECT_EQ(parse_patch("[").error().category, Category::invalid);
}

TEST(JsonPatch, HasABoundedNumberOfOperations) {
  const auto patch_of = [](std::size_t operations) {
    std::string patch = "[";
    for (std::size_t i = 0; i < operations; ++i) patch += R"({"op":"test","path":"","value":1},)";
    patch.back() = ']';
    return patch;
  };
  EXPECT_TRUE(parse_patch(patch_of(kMaxPatchOperations)).ok());
  EXPECT_EQ(parse_patch(patch_of(kMaxPatchOperations + 1)).error().category, Category::too_large);
}

// Copies of copies would double a document with each operation.
TEST(JsonPatch, MakesABoundedNumberOfValues) {
  std::string list = "[";
  for (std::size_t i = 0; i < kMaxPatchedValues / 2 - 2; ++i) list += "0,";
  list.back() = ']';
  auto document = parse_value(R"({"a":)" + list + "}");
  ASSERT_TRUE(document.ok());
  const auto copy = parse_patch(R"([{"op":"copy","from":"/a","path":"/b"}])");
  ASSERT_TRUE(apply_patch(*copy, *document).ok());
  EXPECT_EQ(apply_patch(*copy, *document).error().category, Category::too_large);
}

TEST(JsonPatch, MakesNothingDeeperThanWhatIsRead) {
  std::string path;
  std::string document = "{}";
  for (std::size_t i = 1; i < kMaxDepth; ++i) {
    path += "/a";
    document = R"({"a":)" + document + "}";
  }
  EXPECT_EQ(patched(document, R"([{"op":"add","path":")" + path + R"(/b","value":1}])").substr(0, 5), R"({"a":)");
  EXPECT_EQ(patched(document, R"([{"op":"add","path":")" + path + R"(/b","value":[]}])"),
            "[0].path: The value would stand deeper than 64 levels.");
  EXPECT_EQ(patched(document, R"([{"op":"replace","path":")" + path + R"(","value":[[]]}])"),
            "[0].path: The value would stand deeper than 64 levels.");
}

}  // namespace
}  // namespace vesta::json
