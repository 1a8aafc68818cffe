// That emergency access is told of, by whatever way it is written.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/log.h"
#include "ops/test_support.h"

namespace vesta::ops {
namespace {

using testing::contains;

class EmergencyAlarmTest : public ::testing::Test {
 protected:
  EmergencyAlarmTest() : counted_(server_.service, &metrics_) {
    log::set_sink([this](std::string_view line) {
      if (contains(std::string(line), R"("message":"emergency access")")) lines_.emplace_back(line);
    });
  }
  ~EmergencyAlarmTest() override { log::set_sink(nullptr); }

  static std::string asks(const std::string& id = "", const std::string& status = "active") {
    return R"({"resourceType":"EmergencyAccess")" + (id.empty() ? "" : R"(,"id":")" + id + "\"") + R"(,"status":")" +
           status + R"(","patient":{"reference":"Patient/1"},"actor":{"reference":"Practitioner/7"},"reason":"x"})";
  }
  bool counts(const std::string& change, int number) {
    return contains(metrics_.render(),
                    "vesta_emergency_access_total{change=\"" + change + "\"} " + std::to_string(number) + "\n");
  }

  testing::TestServer server_;
  Metrics metrics_;
  Application counted_;
  std::vector<std::string> lines_;
};

TEST_F(EmergencyAlarmTest, IsAWarningAndACount) {
  EXPECT_TRUE(counts("create", 0)) << "an alarm can be set before the first one: " << metrics_.render();
  http::Request request;
  request.method = http::Method::post;
  request.path = "/fhir/EmergencyAccess";
  request.id = "r-1";
  request.headers.add("Content-Type", "application/fhir+json");
  request.body.reserve(asks().size() + kReadPadding);
  request.body = asks();
  ASSERT_EQ(counted_.handle(request, server_.grant).status, 201);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_TRUE(contains(lines_[0], R"("level":"warning")")) << lines_[0];
  EXPECT_TRUE(contains(lines_[0], R"("change":"create")")) << lines_[0];
  EXPECT_TRUE(contains(lines_[0], R"("request_id":"r-1")")) << "by which the audit says who: " << lines_[0];
  EXPECT_FALSE(contains(lines_[0], "Patient")) << lines_[0];
  EXPECT_TRUE(counts("create", 1));
}

TEST_F(EmergencyAlarmTest, OfAllWaysToWriteIt) {
  ASSERT_EQ(server_.put("/EmergencyAccess/a", asks("a")).status, 201);
  ASSERT_EQ(server_.put("/EmergencyAccess/a", asks("a", "off")).status, 200);
  ASSERT_EQ(server_.remove("/EmergencyAccess/a").status, 204);
  for (const char* type : {"transaction", "batch"}) {
    const std::string bundle = R"({"resourceType":"Bundle","type":")" + std::string(type) +
                               R"(","entry":[{"resource":)" + asks() +
                               R"(,"request":{"method":"POST","url":"EmergencyAccess"}}]})";
    ASSERT_EQ(server_.post("/", bundle).status, 200);
  }
  EXPECT_EQ(lines_.size(), 5U);
  EXPECT_TRUE(counts("create", 3) && counts("update", 1) && counts("delete", 1)) << metrics_.render();
}

TEST_F(EmergencyAlarmTest, OfNothingElse) {
  EXPECT_EQ(server_.post("/EmergencyAccess", R"({"resourceType":"EmergencyAccess","status":"active"})").status, 400);
  EXPECT_EQ(server_.post("/Patient", R"({"resourceType":"Patient"})").status, 201);
  server_.grant = access::Grant::nothing();
  EXPECT_EQ(server_.post("/EmergencyAccess", asks()).status, 403);
  EXPECT_TRUE(lines_.empty());
  EXPECT_TRUE(counts("create", 0));
}

}  // namespace
}  // namespace vesta::ops
