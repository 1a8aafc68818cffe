// The named limits of the interactions, on both sides.
#include <gtest/gtest.h>

#include "ops/test_support.h"

namespace vesta::ops::testing {
namespace {

std::string deletions(std::size_t count) {
  std::string text = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    text += R"({"request":{"method":"DELETE","url":"Patient/)" + std::to_string(i) + R"("}})";
  }
  return text + "]}";
}

TEST(Limits, BundleEntries) {
  TestServer server;
  EXPECT_EQ(server.post("", deletions(kMaxBundleEntries)).status, 200);
  EXPECT_EQ(server.post("", deletions(kMaxBundleEntries + 1)).status, 413);
}

// Each criterion is another text, and all of them match one resource.
std::string references(std::size_t count) {
  std::string text = R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"List",)"
                     R"("status":"current","mode":"working","entry":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    text += R"({"item":{"reference":"Patient?_id=a,x)" + std::to_string(i) + R"("}})";
  }
  return text + R"(]},"request":{"method":"POST","url":"List"}}]})";
}

TEST(Limits, ConditionalLookups) {
  TestServer server;
  ASSERT_EQ(server.put("/Patient/a", R"({"resourceType":"Patient","id":"a"})").status, 201);
  const auto most = server.post("", references(kMaxConditionalLookups));
  EXPECT_EQ(most.status, 200) << most.body.substr(0, 500);
  const auto over = server.post("", references(kMaxConditionalLookups + 1));
  EXPECT_EQ(over.status, 413) << over.body.substr(0, 500);
}

// A search whose next link would be too long gets no first page either, but does where it needs no second one.
TEST(Limits, TokenBytes) {
  TestServer server;
  for (const char* id : {"a", "b"}) {
    const std::string text(id);
    ASSERT_EQ(server.put("/Patient/" + text, R"({"resourceType":"Patient","id":")" + text + R"("})").status, 201);
  }
  const auto search = [&](std::size_t lists, const char* count) {
    std::string form = std::string("_count=") + count;
    for (std::size_t list = 0; list < lists; ++list) {
      form += "&_id=a,b";
      for (int i = 0; i < 60; ++i) form += "," + std::string(60, 'x') + std::to_string(i);
    }
    return server.post("/Patient/_search", form, {{"Content-Type", "application/x-www-form-urlencoded"}}).status;
  };
  EXPECT_EQ(search(1, "1"), 200);
  EXPECT_EQ(search(8, "1"), 200);
  EXPECT_EQ(search(12, "1"), 413);
  EXPECT_EQ(search(12, "2"), 200);
}

TEST(Limits, IdBytes) {
  TestServer server;
  for (std::size_t size : {kMaxIdBytes, kMaxIdBytes + 1}) {
    const std::string id(size, 'a');
    EXPECT_EQ(server.put("/Patient/" + id, R"({"resourceType":"Patient","id":")" + id + R"("})").status,
              size == kMaxIdBytes ? 201 : 400);
  }
}

}  // namespace
}  // namespace vesta::ops::testing
