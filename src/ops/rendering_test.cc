// What an answer is made of before it leaves: its format, its depth, what stays as it is.
#include "ops/rendering.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

// A resource whose JSON is nested `depth` deep: itself, lists of extensions, and extensions.
std::string nested_patient(std::size_t depth) {
  const bool has_list_inside = depth % 2 == 1;
  std::string text = R"({"url":"u","valueHumanName":{"given":["g"]}})";  // two levels more
  if (!has_list_inside) text = R"({"url":"u","valueHumanName":{"text":"t"}})";
  const std::size_t inner = has_list_inside ? 3 : 2;
  for (std::size_t at = inner; at + 2 < depth; at += 2) text = R"({"url":"u","extension":[)" + text + "]}";
  return R"({"resourceType":"Patient","id":"a","extension":[)" + text + "]}";
}

std::size_t depth_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (const char c : json) {
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

http::Response rendered(const Context& context, std::string body, std::string_view content_type) {
  http::Response response;
  response.body = std::move(body);
  response.headers.add("Content-Type", std::string(content_type));
  render(context, {Format::xml, kFhirXml, false}, response);
  return response;
}

TEST(Rendering, HoldsAnswersToKMaxAnswerDepth) {
  TestServer server;
  const std::string most = nested_patient(kMaxAnswerDepth);
  ASSERT_EQ(depth_of(most), kMaxAnswerDepth);
  EXPECT_EQ(rendered(server.service.as_system(), most, kFhirJson).headers.get("Content-Type"), kFhirXml);
  const std::string more = nested_patient(kMaxAnswerDepth + 1);
  ASSERT_EQ(depth_of(more), kMaxAnswerDepth + 1);
  const http::Response kept = rendered(server.service.as_system(), more, kFhirJson);
  EXPECT_EQ(kept.headers.get("Content-Type"), kFhirJson);
  EXPECT_EQ(kept.body, more);
}

TEST(Rendering, AResourceAsDeepAsMayBeStandsInABundleInXml) {
  TestServer server;
  const std::string deepest = nested_patient(json::kMaxDepth);
  ASSERT_EQ(server.put("/Patient/a", deepest).status, 201);
  for (const char* target : {"/Patient/a", "/Patient", "/Patient/a/_history", "/Patient/a/$everything"}) {
    EXPECT_TRUE(server.get(target, {{"Accept", "application/fhir+xml"}}).body.starts_with("<?xml")) << target;
  }
}

TEST(Rendering, LeavesWhatIsNotFhir) {
  TestServer server;
  const http::Response text = rendered(server.service.as_system(), "plain", "text/plain");
  EXPECT_EQ(text.body, "plain");
  EXPECT_EQ(text.headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(rendered(server.service.as_system(), "", kFhirJson).body, "");
}

}  // namespace
}  // namespace vesta::ops::testing
