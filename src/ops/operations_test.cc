// Limits of operations, on both sides.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ops/test_support.h"

namespace vesta::ops {
namespace {

using testing::contains;
using testing::TestServer;

std::string observation(const std::string& id, const std::string& date) {
  return R"({"resourceType":"Observation","id":")" + id +
         R"(","status":"final","code":{"coding":[{"code":"c"}]},"subject":{"reference":"Patient/p"},)" +
         R"("effectiveDateTime":")" + date + R"("})";
}

// Observations number `begin` to `end`, those of one transaction at once.
void put_observations(TestServer& server, int begin, int end, const std::function<std::string(int)>& date) {
  std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  for (int i = begin; i < end; ++i) {
    const std::string id = "o" + std::to_string(i);
    if (i > begin) bundle += ',';
    bundle +=
        R"({"request":{"method":"PUT","url":"Observation/)" + id + R"("},"resource":)" + observation(id, date(i)) + "}";
  }
  bundle += "]}";
  ASSERT_EQ(server.post("/", bundle).status, 200);
}

// A day of its own for each number.
std::string day_of(int number) {
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(1900 + number / 336) + "-" + two(number / 28 % 12 + 1) + "-" + two(number % 28 + 1);
}

TEST(Lastn, LooksThroughABoundedNumberOfObservations) {
  TestServer server;
  put_observations(server, 0, 10'000, day_of);
  const http::Response all = server.get("/Observation/$lastn?patient=p&code=c");
  EXPECT_EQ(all.status, 200);
  EXPECT_TRUE(contains(all.body, R"("total":1,)"));
  EXPECT_TRUE(contains(all.body, R"("id":"o9999")"));

  put_observations(server, 10'000, 10'001, day_of);
  const http::Response refused = server.get("/Observation/$lastn?patient=p&code=c");
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(contains(refused.body, "too-costly"));
  EXPECT_EQ(server.get("/Observation/$lastn?patient=p&code=c&date=gt1905").status, 200);
}

TEST(Lastn, KeepsABoundedNumberOfTies) {
  TestServer server;
  const auto same = [](int) { return std::string("2020-01-01"); };
  put_observations(server, 0, 2'000, same);
  const http::Response all = server.get("/Observation/$lastn?patient=p&code=c");
  EXPECT_EQ(all.status, 200);
  EXPECT_TRUE(contains(all.body, R"("total":2000,)"));

  put_observations(server, 2'000, 2'001, same);
  const http::Response refused = server.get("/Observation/$lastn?patient=p&code=c");
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(contains(refused.body, "too-costly"));
}

std::string numbered(std::string_view type, int begin, int end) {
  std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  for (int i = begin; i < end; ++i) {
    const std::string path = std::string(type) + "\",\"id\":\"d" + std::to_string(i);
    if (i > begin) bundle += ',';
    bundle += R"({"request":{"method":"PUT","url":")" + std::string(type) + "/d" + std::to_string(i) +
              R"("},"resource":{"resourceType":")" + path + R"("}})";
  }
  return bundle + "]}";
}

std::string list_of(const std::string& id, int begin, int end) {
  std::string list = R"({"resourceType":"List","id":")" + id +
                     R"(","status":"current","mode":"working","subject":{"reference":"Patient/p"},"entry":[)";
  for (int i = begin; i < end; ++i) {
    if (i > begin) list += ',';
    list += R"({"item":{"reference":"Practitioner/d)" + std::to_string(i) + R"("}})";
  }
  return list + "]}";
}

// What two matches refer to together may be too much for a page that each alone has room on.
TEST(Everything, EndsAPageEarlyWhereMoreIsReferredToThanFits) {
  TestServer server;
  ASSERT_EQ(server.post("/", numbered("Practitioner", 0, 5'001)).status, 200);
  ASSERT_EQ(server.put("/Patient/p", R"({"resourceType":"Patient","id":"p"})").status, 201);
  ASSERT_EQ(server.put("/List/a", list_of("a", 0, 5'000)).status, 201);
  ASSERT_EQ(server.put("/List/b", list_of("b", 5'000, 5'001)).status, 201);
  const http::Response first = server.get("/Patient/p/$everything?_count=10");
  ASSERT_EQ(first.status, 200);
  EXPECT_TRUE(contains(first.body, R"("id":"d4999")"));
  EXPECT_TRUE(contains(first.body, R"("id":"b")"));

  ASSERT_EQ(server.put("/List/a", list_of("a", 0, 5'001)).status, 200);
  const http::Response refused = server.get("/Patient/p/$everything");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(contains(refused.body, "OperationOutcome"));
}

TEST(Operations, SayWhichMethodsTheyTake) {
  TestServer server;
  const http::Response offered = server.put("/Patient/p/$everything", "{}");
  EXPECT_EQ(offered.status, 405);
  EXPECT_EQ(offered.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(server.send(http::Method::options, "/Patient/p/$everything").headers.get("Allow"),
            "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(server.send(http::Method::options, "/Patient/p/$nonsense").headers.get("Allow"), "OPTIONS");
}

}  // namespace
}  // namespace vesta::ops
