// $graphql on a store: the limits of what one request reads, and what is read only once.
#include <gtest/gtest.h>

#include <string>

#include "graphql/limits.h"
#include "ops/test_support.h"

namespace vesta::ops {
namespace {

using testing::contains;
using testing::TestServer;

http::Response ask(TestServer& server, std::string_view document) {
  return server.post("/$graphql", document, {{"Content-Type", "application/graphql"}});
}

// `count` resources from number `first` on, in one transaction.
void put_persons(TestServer& server, std::size_t first, std::size_t count, std::string_view more = "") {
  std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  for (std::size_t i = first; i < first + count; ++i) {
    const std::string id = "p" + std::to_string(i);
    bundle += (i > first ? "," : "") + (R"({"resource":{"resourceType":"Person","id":")" + id + "\"") +
              std::string(more) + R"(},"request":{"method":"PUT","url":"Person/)" + id + R"("}})";
  }
  ASSERT_EQ(server.post("/", bundle + "]}").status, 200);
}

TEST(Graphql, ListsAreWholeUpToALimit) {
  TestServer server;
  put_persons(server, 0, graphql::kMaxListResources);
  const http::Response whole = ask(server, "{ PersonList { id } }");
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(contains(whole.body, R"({"id":"p999"}]}})"));
  put_persons(server, graphql::kMaxListResources, 1);
  const http::Response refused = ask(server, "{ PersonList { id } }");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "kMaxListResources"));
  EXPECT_TRUE(contains(refused.body, R"("data":null)"));
  EXPECT_EQ(ask(server, "{ PersonList(_count: 1000) { id } }").status, 200);
}

TEST(Graphql, ReadsAsManyResourcesAsItMay) {
  TestServer server;
  constexpr std::size_t kGroups = graphql::kMaxResources / graphql::kMaxListResources;
  std::string query = "{ ";
  for (std::size_t group = 0; group < kGroups; ++group) {
    const std::string date = std::to_string(1980 + group);
    put_persons(server, group * graphql::kMaxListResources, graphql::kMaxListResources,
                R"(,"birthDate":")" + date + "\"");
    query += "y" + date + ": PersonList(birthdate: \"" + date + "\") { id } ";
  }
  EXPECT_EQ(ask(server, query + "}").status, 200);
  // What was read already is not read again.
  EXPECT_EQ(ask(server, query + "Person(id: p0) { id } }").status, 200);
  put_persons(server, graphql::kMaxResources, 1);
  const http::Response refused = ask(server, query + "Person(id: p10000) { id } }");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "kMaxResources"));
}

TEST(Graphql, ReadsAsManyBytesAsItMay) {
  TestServer server;
  constexpr std::size_t kBytes = 4 << 20;
  constexpr std::size_t kFitting = graphql::kMaxResourceBytes / kBytes - 1;
  const auto put = [&](std::size_t number) {
    const std::string id = "b" + std::to_string(number);
    const std::string body = R"({"resourceType":"Binary","id":")" + id + R"(","contentType":"text/plain","data":")" +
                             std::string(kBytes, 'x') + R"("})";
    ASSERT_EQ(server.put("/Binary/" + id, body).status, 201);
  };
  for (std::size_t i = 0; i < kFitting; ++i) put(i);
  EXPECT_EQ(ask(server, "{ BinaryList { id } }").status, 200);
  put(kFitting);
  const http::Response refused = ask(server, "{ BinaryList { id } }");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "kMaxResourceBytes"));
}

// A backslash at the end of a value is of that value, and does not take in the comma before the next.
TEST(Graphql, KeepsTheValuesOfAListApart) {
  TestServer server;
  put_persons(server, 1, 1, R"(,"name":[{"family":"Bob"}])");
  EXPECT_EQ(ask(server, R"({ PersonList(name: ["a\\", "bo"]) { id } })").body,
            R"({"data":{"PersonList":[{"id":"p1"}]}})");
  EXPECT_EQ(ask(server, R"({ PersonList(name: ["a\\", "c"]) { id } })").body, R"({"data":{"PersonList":[]}})");
}

// A reference is a place in a resource, and the version it was read in is the one that all of the answer shows.
TEST(Graphql, FollowsReferencesToTheirVersions) {
  TestServer server;
  put_persons(server, 1, 1, R"(,"gender":"male")");
  put_persons(server, 1, 1, R"(,"gender":"female")");
  ASSERT_EQ(server
                .put("/Basic/b", R"({"resourceType":"Basic","id":"b","code":{"text":"x"},"extension":[)"
                                 R"({"url":"urn:a","valueReference":{"reference":"Person/p1/_history/1"}},)"
                                 R"({"url":"urn:b","valueReference":{"reference":"http://test/fhir/Person/p1"}},)"
                                 R"({"url":"urn:c","valueReference":{"reference":"Person/p1/_history/9"}}]})")
                .status,
            201);
  const http::Response response = ask(server,
                                      "{ Basic(id: b) @flatten { extension @flatten { valueReference @flatten { "
                                      "resource(optional: true) @flatten { ... on Person { gender } } } } } }");
  EXPECT_EQ(response.body, R"({"data":{"gender":["male","female"]}})");
}

}  // namespace
}  // namespace vesta::ops
