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

TEST(Operations, SayWhichMethodsTheyTake) {
  TestServer server;
  const http::Response offered = server.put("/Patient/p/$everything", "{}");
  EXPECT_EQ(offered.status, 405);
  EXPECT_EQ(offered.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(server.send(http::Method::options, "/Patient/p/$everything").headers.get("Allow"),
            "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(server.send(http::Method::options, "/Patient/p/$nonsense").headers.get("Allow"), "");
}

}  // namespace
}  // namespace vesta::ops
