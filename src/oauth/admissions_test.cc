// What a connection is remembered by is what would be found anew.
#include "oauth/admissions.h"

#include <gtest/gtest.h>

#include <any>
#include <chrono>
#include <optional>
#include <string>

#include "base/instant.h"
#include "oauth/test_support.h"
#include "ops/representation.h"

namespace vesta::oauth {
namespace {

class AdmissionsTest : public ProviderTest {
 protected:
  // One connection.
  class Connection {
   public:
    explicit Connection(AdmissionsTest& test) : test_(test) {}
    Result<Admitted> ask(const std::string& token) { return ask(token, Status(kOk)); }
    Result<Admitted> ask(const std::string& token, const Status& may_ask) {
      http::Request request = with(token);
      return test_.provider_->admit(request, [&](const access::Principal&) {
        ++asked;
        return may_ask.ok() ? Status(kOk) : Status(may_ask.error());
      });
    }
    bool knows(const std::string& token) {
      http::Request request = with(token);
      return test_.provider_->knows(request);
    }
    int asked = 0;  // whether somebody may

   private:
    http::Request with(const std::string& token) {
      http::Request request;
      request.headers.add("Authorization", "Bearer " + token);
      request.kept = &kept_;
      return request;
    }
    AdmissionsTest& test_;
    std::any kept_;
  };

  AdmissionsTest() { put_policy("search"); }

  void put_policy(const std::string& interaction) {
    put("AccessPolicy", "backend",
        R"(,"name":"b","status":"active","rule":[{"resourceType":["Patient"],"interaction":[")" + interaction +
            "\"]}]");
  }
  std::string token(const std::string& scope = "system/*.rs") {
    return access_token(post(kTokenPath, secret_form(scope)));
  }
  std::string access_token(const http::Response& response) { return member(response, "access_token"); }
  bool searches(const Result<Admitted>& admitted) const {
    return !admitted->grant->of(access::Action::search).sees_none(*fhir::r4().find_resource_type("Patient"));
  }
};

TEST_F(AdmissionsTest, NothingIsMadeAnewForTheSame) {
  const std::string good = token();
  Connection connection(*this);
  EXPECT_FALSE(connection.knows(good));
  const auto first = connection.ask(good);
  EXPECT_TRUE(searches(first));
  EXPECT_TRUE(connection.knows(good));
  const auto second = connection.ask(good);
  EXPECT_EQ(first->grant.get(), second->grant.get());
  EXPECT_EQ(first->principal.get(), second->principal.get());
  EXPECT_EQ(connection.asked, 2) << "once for each request";
  server_.clock.advance(kVerifiedAge);
  EXPECT_FALSE(connection.knows(good));
  EXPECT_TRUE(connection.ask(good).ok());
}

TEST_F(AdmissionsTest, WhatChangesCountsForTheNextRequest) {
  const std::string good = token();
  Connection connection(*this);
  const auto before = connection.ask(good);
  EXPECT_TRUE(searches(before));
  put_policy("create");
  EXPECT_FALSE(searches(connection.ask(good)));
  EXPECT_TRUE(searches(before)) << "what was handed out stays as it was";
  put_policy("search");
  EXPECT_TRUE(searches(connection.ask(good)));
  put("Consent", "c",
      R"(,"status":"active","category":[{"text":"privacy"}],"patient":{"reference":"Patient/ada"},"scope":{"coding":[{)"
      R"("system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"policyRule":{)"
      R"("coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]})");
  const auto with_consent = connection.ask(good);
  EXPECT_NE(with_consent->grant->of(access::Action::search).guard(*fhir::r4().find_resource_type("Patient")).kind,
            search::Plan::Kind::all);
  turn_off("Client", "backend");
  EXPECT_EQ(connection.ask(good).error().category, Category::unauthenticated);
  EXPECT_FALSE(connection.knows(good));
}

TEST_F(AdmissionsTest, TokensInTurnAreNotTakenForEachOther) {
  const std::string wide = token();
  const std::string narrow = token("system/Observation.rs");
  Connection connection(*this);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(searches(connection.ask(wide)));
    EXPECT_FALSE(connection.knows(narrow));
    EXPECT_FALSE(searches(connection.ask(narrow)));
    EXPECT_FALSE(connection.knows(wide));
  }
}

TEST_F(AdmissionsTest, WhoMayNotAskIsToldSoEachTime) {
  const std::string good = token();
  const Status refusal = make_error(Category::throttled, "too many");
  Connection connection(*this);
  EXPECT_EQ(connection.ask(good, refusal).error().category, Category::throttled);
  EXPECT_FALSE(connection.knows(good));
  EXPECT_TRUE(connection.ask(good).ok());
  EXPECT_EQ(connection.ask(good, refusal).error().category, Category::throttled);
  EXPECT_TRUE(connection.ask(good).ok());
}

// A session may be made shorter, and then ends without anything being written.
TEST_F(AdmissionsTest, ASessionThatEndsInTimeEndsForAKnownConnection) {
  const std::string good = access_token(exchange(code()));
  Connection connection(*this);
  EXPECT_TRUE(connection.ask(good).ok());
  const http::Response found = server_.get("/Session");
  const std::string id = ops::testing::value_after(found.body, R"("resourceType":"Session","id":")");
  std::string text = server_.get("/Session/" + id).body;
  const std::string old = ops::testing::value_after(text, R"("expires":")");
  constexpr std::chrono::milliseconds kSoon{400};
  constexpr std::chrono::milliseconds kLeft{100};  // more than the clock, which goes on with each look at it, does here
  static_assert(kSoon < kVerifiedAge);
  const std::string end = ops::instant_text(later_by(server_.clock.now(), kSoon));
  text.replace(text.find(old), old.size(), end);
  ASSERT_EQ(server_.put("/Session/" + id, text).status, 200);
  const auto shorter = connection.ask(good);
  EXPECT_TRUE(shorter.ok()) << shorter.error().message << text;
  server_.clock.advance(kSoon - kLeft);
  EXPECT_TRUE(connection.ask(good).ok());
  server_.clock.advance(kLeft);
  EXPECT_EQ(connection.ask(good).error().category, Category::unauthenticated);
}

}  // namespace
}  // namespace vesta::oauth
