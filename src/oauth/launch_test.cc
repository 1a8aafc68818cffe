// Launches from an EHR: who may start one, for whom, and what becomes of it.
#include "oauth/launch.h"

#include <gtest/gtest.h>

#include <string>

#include "oauth/answers.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;

// "ada" is a practitioner with the patient bob in her care; the client "ehr" may launch the client "app".
class Launch : public ProviderTest {
 protected:
  Launch() {
    put("Practitioner", "g", "");
    put("Patient", "bob", R"(,"name":[{"text":"Bob"}],"generalPractitioner":[{"reference":"Practitioner/g"}])");
    put("Encounter", "e", R"(,"status":"in-progress","class":{"code":"AMB"},"subject":{"reference":"Patient/bob"})");
    put("Encounter", "of-ada", R"(,"status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/ada"})");
    put("User", "u1",
        R"(,"name":"ada","status":"active","fhirUser":{"reference":"Practitioner/g"},)"
        R"("policy":[{"reference":"AccessPolicy/provider"}])");
    put_client("app", R"("launch","openid","patient/*.rs","offline_access")");
    put_client("ehr", R"("openid","start-launch","user/*.rs")");
    put_client("other", R"("launch","openid")");
  }
  void put_client(const std::string& id, const std::string& scopes) {
    put("Client", id,
        R"(,"name":"The app","status":"active","redirectUri":[")" + std::string(kRedirect) + R"("],"scope":[)" +
            scopes + "]");
  }
  static Pairs of_client(const std::string& id, const std::string& scope) {
    return with(authorization(scope), "client_id", id);
  }
  // A token of the EHR's user.
  std::string ehr_token(const std::string& scope = "start-launch user/*.rs") {
    const std::string given = code(of_client("ehr", scope));
    return member(post(kTokenPath, with(code_form(given), "client_id", "ehr")), "access_token");
  }
  static Pairs context() {
    return {{"client_id", "app"}, {"patient", "bob"}, {"encounter", "e"}, {"intent", "order-review"}};
  }
  http::Response start(const std::string& token, const Pairs& form = context()) {
    return post(kLaunchPath, form, {{"Authorization", "Bearer " + token}});
  }
  static Pairs launched(const std::string& launch, const std::string& scope = "launch openid patient/*.rs") {
    return with(authorization(scope), "launch", launch);
  }
};

TEST_F(Launch, TheApplicationLearnsWhatIsLookedAt) {
  const http::Response started = start(ehr_token());
  ASSERT_EQ(started.status, 200) << started.body;
  EXPECT_EQ(member(started, "iss"), "http://test/fhir");
  const Page consent = sign_in(begin(launched(member(started, "launch"))).step);
  ASSERT_EQ(consent.response.status, 200) << consent.response.body;
  EXPECT_TRUE(contains(consent.response.body, "Bob</label>")) << "who allows it is shown whom it is about";
  const http::Response tokens = exchange(of_location(decide(consent.step, "allow", {{"patient", "ada"}}), "code"));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(member(tokens, "patient"), "bob") << "and cannot choose another";
  EXPECT_EQ(member(tokens, "encounter"), "e");
  EXPECT_EQ(member(tokens, "intent"), "order-review");
  EXPECT_TRUE(contains(tokens.body, R"("need_patient_banner":true)"));
  EXPECT_EQ(bearer(member(tokens, "access_token"))->patient, "bob");

  const auto records = records_of(0, "launch");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].client + " " + records[0].user, "ehr u1");
  ASSERT_EQ(records[0].touched.size(), 2U);
  EXPECT_EQ(records[0].touched[0].id + " " + records[0].touched[1].id, "bob e");
}

TEST_F(Launch, APatientAloneIsEnough) {
  const http::Response started =
      start(ehr_token(), {{"client_id", "app"}, {"patient", "bob"}, {"need_patient_banner", "false"}});
  const std::string launch = member(started, "launch");
  const http::Response tokens = exchange(code(launched(launch, "launch openid offline_access")));
  EXPECT_EQ(member(tokens, "patient"), "bob") << "without a scope of a patient too";
  EXPECT_TRUE(contains(tokens.body, R"("need_patient_banner":false)"));
  EXPECT_FALSE(contains(tokens.body, "encounter") || contains(tokens.body, "intent"));
  EXPECT_EQ(member(refresh(member(tokens, "refresh_token")), "patient"), "bob");
}

TEST_F(Launch, IsOfWhatTheUserMaySee) {
  const std::string token = ehr_token();
  for (const Pairs& form :
       {with(context(), "patient", "ada"), with(context(), "patient", "nobody"), with(context(), "encounter", "of-ada"),
        with(context(), "encounter", "none"), with(context(), "patient", std::nullopt),
        with(context(), "patient", "../a"), with(context(), "client_id", "ehr"), with(context(), "client_id", "none"),
        with(context(), "client_id", std::nullopt), with(context(), "intent", std::string(kMaxIntentBytes + 1, 'i'))}) {
    const http::Response refused = start(token, form);
    EXPECT_EQ(refused.status, 400) << encoded(form);
    EXPECT_EQ(member(refused, "error"), "invalid_request") << encoded(form);
  }
  EXPECT_EQ(start(token, with(context(), "intent", std::string(kMaxIntentBytes, 'i'))).status, 200);
}

TEST_F(Launch, NeedsATokenOfAUserWithTheScope) {
  const auto challenge = [](const http::Response& response) {
    return std::to_string(response.status) + " " + std::string(response.headers.get("WWW-Authenticate"));
  };
  EXPECT_EQ(challenge(post(kLaunchPath, context())), "401 Bearer");
  EXPECT_EQ(challenge(start("x")), R"(401 Bearer error="invalid_token")");
  EXPECT_EQ(challenge(start(ehr_token("user/*.rs openid"))),
            R"(403 Bearer error="insufficient_scope", scope="start-launch")");
  EXPECT_EQ(start(member(post(kTokenPath, secret_form()), "access_token")).status, 403) << "nobody has signed in";
}

TEST_F(Launch, IsGoodOnceAndInTime) {
  const std::string token = ehr_token();
  const std::string launch = member(start(token), "launch");
  const Page one = sign_in(begin(launched(launch)).step);
  const Page two = sign_in(begin(launched(launch)).step);
  EXPECT_NE(of_location(decide(one.step), "code"), "");
  const http::Response again = decide(two.step);
  EXPECT_EQ(of_location(again, "error"), "invalid_request");
  EXPECT_EQ(of_location(again, "state"), "s&1");
  EXPECT_EQ(of_location(again, "code"), "");
  EXPECT_EQ(records_of(0, "launch-refused").size(), 1U);
  restart();
  EXPECT_EQ(of_location(decide(sign_in(begin(launched(launch)).step).step), "error"), "invalid_request")
      << "a restart forgets nothing";
  const std::string late = member(start(token), "launch");
  const Page begun = begin(launched(late));
  server_.clock.advance(std::chrono::minutes(5));
  const Page in_time = sign_in(begun.step);
  EXPECT_EQ(in_time.response.status, 200);
  server_.clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(of_location(decide(in_time.step), "error"), "invalid_request");
  EXPECT_EQ(of_location(begin(launched(late)).response, "error"), "invalid_request");
}

TEST_F(Launch, IsOfOneClientAndOneUser) {
  put("User", "u2", R"(,"name":"eve","status":"active","policy":[{"reference":"AccessPolicy/provider"}])");
  ASSERT_TRUE(provider_->passwords().set("u2", kPassword).ok());
  const std::string launch = member(start(ehr_token()), "launch");
  const http::Response of_eve = sign_in(begin(launched(launch)).step, "eve").response;
  EXPECT_EQ(of_eve.status, 303);
  EXPECT_EQ(of_location(of_eve, "error"), "invalid_request");
  EXPECT_FALSE(contains(of_eve.body, "Bob"));
  const http::Response of_other = begin(with(launched(launch, "launch openid"), "client_id", "other")).response;
  EXPECT_EQ(of_location(of_other, "error"), "invalid_request");
  EXPECT_EQ(of_location(begin(launched("x")).response, "error"), "invalid_request");
  EXPECT_EQ(of_location(begin(launched(launch, "openid")).response, "error"), "invalid_request")
      << "without the scope there is no launch";
  EXPECT_EQ(of_location(begin(authorization("launch openid")).response, "error"), "invalid_request")
      << "nor the scope without a launch";
  EXPECT_NE(code(launched(launch)), "") << "what others tried has not used it up";
}

TEST_F(Launch, WhoIsNoLongerInCareIsNotShown) {
  const std::string launch = member(start(ehr_token()), "launch");
  put("Patient", "bob", "");
  const http::Response response = sign_in(begin(launched(launch)).step).response;
  EXPECT_EQ(of_location(response, "error"), "invalid_request");
}

TEST_F(Launch, DiscoverySaysSo) {
  const std::string smart = ask(http::Method::get, "/fhir/.well-known/smart-configuration", {}).body;
  for (const char* capability : {"launch-ehr", "context-ehr-patient", "context-ehr-encounter", "context-banner"}) {
    EXPECT_TRUE(contains(smart, std::string("\"") + capability + "\"")) << capability;
  }
}

}  // namespace
}  // namespace vesta::oauth
