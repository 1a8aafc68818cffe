// Tests of $everything as one Bundle that is made while it is sent; what is in it, the scenarios hold.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "http/message.h"
#include "ops/test_support.h"

namespace vesta::ops {
namespace {

using testing::contains;
using testing::TestServer;
using testing::value_after;

constexpr int kMembers = 250;

void put(TestServer& server, const std::string& name, const std::string& rest) {
  const std::size_t slash = name.find('/');
  const std::string body =
      R"({"resourceType":")" + name.substr(0, slash) + R"(","id":")" + name.substr(slash + 1) + R"(")" + rest + "}";
  ASSERT_EQ(server.put("/" + name, body).status, 201) << body;
}

void put_observation(TestServer& server, const std::string& id, const std::string& performers) {
  put(server, "Observation/" + id,
      R"(,"status":"final","code":{"text":"c"},"subject":{"reference":"Patient/p"},"performer":[)" + performers + "]");
}

std::string practitioner(int number) {
  return R"({"reference":"Practitioner/d)" + std::to_string(number) + R"("})";
}

void fill(TestServer& server) {
  put(server, "Patient/p", "");
  put(server, "Practitioner/d0", "");
  for (int i = 0; i < kMembers; ++i) put_observation(server, "o" + std::to_string(i), practitioner(0));
}

std::multiset<std::string> urls_of(const std::string& bundle) {
  static const std::string kBefore = R"("fullUrl":"http://test/fhir/)";
  std::multiset<std::string> urls;
  for (std::size_t at = bundle.find(kBefore); at != std::string::npos; at = bundle.find(kBefore, at + 1)) {
    urls.insert(value_after(bundle.substr(at, 200), kBefore));
  }
  return urls;
}

TEST(EverythingTest, IsOneBundleThatIsMadeWhileItIsSent) {
  TestServer server;
  fill(server);
  http::Response answer = server.get("/Patient/p/$everything");
  EXPECT_EQ(answer.status, 200);
  ASSERT_NE(answer.rest, nullptr);
  // Others write meanwhile: what was there is neither repeated nor skipped.
  ASSERT_EQ(server.remove("/Observation/o3").status, 204);
  put_observation(server, "late", practitioner(0));
  ASSERT_TRUE(http::gather(answer).ok());
  const std::multiset<std::string> urls = urls_of(answer.body);
  EXPECT_EQ(urls.size(), 3u + kMembers);  // the patient, the practitioner once, and the late one
  for (const std::string& url : urls) EXPECT_EQ(urls.count(url), 1u) << url;
  EXPECT_TRUE(contains(answer.body, R"({"relation":"self","url":"http://test/fhir/Patient/p/$everything"})"));
  EXPECT_FALSE(contains(answer.body, R"("relation":"next")"));
  EXPECT_TRUE(answer.body.ends_with("]}"));
  EXPECT_EQ(server.post("/", answer.body).status, 400);  // well-formed, and no batch
}

TEST(EverythingTest, ComesInPagesWhereItIsAskedForOrWrittenAnew) {
  TestServer server;
  fill(server);
  for (const char* query : {"?_count=10", "?_pretty=true", "?_format=xml"}) {
    http::Response answer = server.get("/Patient/p/$everything" + std::string(query));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.rest, nullptr) << query;
    EXPECT_TRUE(contains(answer.body, "_page=")) << query;
  }
  const std::string entry = R"({"request":{"method":"GET","url":"Patient/p/$everything"}})";
  const http::Response batch = server.post("/", R"({"resourceType":"Bundle","type":"batch","entry":[)" + entry + "]}");
  EXPECT_EQ(batch.rest, nullptr);
  EXPECT_TRUE(contains(batch.body, "_page="));
}

// kMaxRememberedNames is 20,000: of what was added because others refer to it.
TEST(EverythingTest, EndsWithALinkWhenItWouldRememberTooMuch) {
  constexpr int kPerObservation = 2500;
  TestServer server;
  put(server, "Patient/p", "");
  std::string batch = R"({"resourceType":"Bundle","type":"batch","entry":[)";
  for (int i = 0; i < 8 * kPerObservation; ++i) {
    const std::string id = "d" + std::to_string(i);
    batch += (i == 0 ? "" : ",") + (R"({"resource":{"resourceType":"Practitioner","id":")" + id) +
             R"("},"request":{"method":"PUT","url":"Practitioner/)" + id + "\"}}";
  }
  ASSERT_EQ(server.post("/", batch + "]}").status, 200);
  const auto put_many = [&](int observation) {
    std::string performers;
    for (int i = 0; i < kPerObservation; ++i) {
      performers += (i == 0 ? "" : ",") + practitioner(observation % 8 * kPerObservation + i);
    }
    put_observation(server, "o" + std::to_string(observation), performers);
  };
  for (int i = 0; i < 7; ++i) put_many(i);
  http::Response below = server.get("/Patient/p/$everything");
  ASSERT_TRUE(http::gather(below).ok());
  EXPECT_EQ(urls_of(below.body).size(), 1u + 7 + 7 * kPerObservation);
  EXPECT_FALSE(contains(below.body, R"("relation":"next")"));

  for (int i = 7; i < 12; ++i) put_many(i);
  http::Response first = server.get("/Patient/p/$everything");
  ASSERT_TRUE(http::gather(first).ok());
  const std::string next = value_after(first.body, R"({"relation":"next","url":")");
  ASSERT_FALSE(next.empty());
  http::Response second = server.get(next);
  ASSERT_TRUE(http::gather(second).ok());
  EXPECT_FALSE(contains(second.body, R"("relation":"next")"));
  std::multiset<std::string> urls = urls_of(first.body);
  urls.merge(urls_of(second.body));
  for (int i = 0; i < 12; ++i) EXPECT_EQ(urls.count("Observation/o" + std::to_string(i)), 1u) << i;
  EXPECT_EQ(std::set<std::string>(urls.begin(), urls.end()).size(), 1u + 12 + 8 * kPerObservation);
}

}  // namespace
}  // namespace vesta::ops
