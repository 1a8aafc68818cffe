// What the endpoints leave in the audit log: each decision once, with who is known, and nothing that was sent.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "identity/totp.h"
#include "oauth/answers.h"
#include "oauth/launch.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

class SignInAudit : public ProviderTest {
 protected:
  // "sign-in 403 app u1 Patient/ada" of each record since the last call.
  std::vector<std::string> told() {
    std::vector<std::string> lines;
    for (const audit::Record& record : records_of(seen_)) {
      std::string line = record.interaction + " " + std::to_string(record.status);
      for (const std::string& each : {record.client, record.user, record.fhir_user}) {
        if (!each.empty()) line += " " + each;
      }
      lines.push_back(std::move(line));
    }
    seen_ += lines.size();
    return lines;
  }
  using Lines = std::vector<std::string>;

  // The log has room for one record, which is there, and cannot be written; all else can.
  void fill_trail() {
    engine_->set_hook([is_full = is_full_, here = std::this_thread::get_id()](int) -> Status {
      if (!*is_full || std::this_thread::get_id() == here) return kOk;
      return make_error(Category::unavailable, "no space");
    });
    *is_full_ = true;
    restart({.records = 1, .wait = std::chrono::milliseconds(1)}, Registration::on);
    EXPECT_TRUE(trail_->append("at 1\n").ok());
  }

  // Shared with the hook: the trail goes on while the fixture ends.
  std::shared_ptr<std::atomic<bool>> is_full_ = std::make_shared<std::atomic<bool>>(false);
  std::uint64_t seen_ = 0;
};

TEST_F(SignInAudit, TheWayToATokenAndBack) {
  const std::string scope = "openid launch/patient offline_access patient/*.rs";
  const std::string given = code(authorization(scope));
  const http::Response tokens = exchange(given);
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  const auto first = records_of();
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first[0].request, "request-7");
  EXPECT_EQ(first[0].address, "192.0.2.1");
  EXPECT_EQ(first[0].server, "http://test/fhir");
  EXPECT_EQ(first[0].method + " " + first[0].path, "POST /auth/sign-in");
  EXPECT_EQ(first.back().patient, "ada");
  EXPECT_EQ(told(), (Lines{"sign-in 200 app u1 Patient/ada", "consent 303 app u1 Patient/ada",
                           "authorization-code 200 app u1 Patient/ada"}));
  const std::string refresh_token = member(tokens, "refresh_token");
  const std::string next = member(refresh(refresh_token), "refresh_token");
  EXPECT_EQ(told(), Lines{"refresh-token 200 app u1 Patient/ada"});
  EXPECT_EQ(post(kRevocationPath, {{"client_id", "app"}, {"token", next}}).status, 200);
  EXPECT_EQ(post(kRevocationPath, {{"client_id", "app"}, {"token", "none"}}).status, 200);
  EXPECT_EQ(told(), (Lines{"sign-out 200 app u1 Patient/ada", "revoke 200 app"}));
}

TEST_F(SignInAudit, WhatWasTypedIsNotKept) {
  const Page page = begin();
  sign_in(page.step, "ada", "a wrong password");
  sign_in(page.step, "my password, in the wrong field", kPassword);
  EXPECT_EQ(told(), (Lines{"sign-in 403 app u1 Patient/ada", "sign-in 403 app"}));
  post(kTokenPath, {{"grant_type", "a secret"}, {"client_id", "another"}});
  post(kTokenPath, with(secret_form(), "client_secret", "wrong"));
  post(kTokenPath, with(secret_form(), "client_id", "not-a-client"));
  EXPECT_EQ(told(), (Lines{"token 400", "client-credentials 401 backend", "client-credentials 401"}));
  EXPECT_EQ(post(kTokenPath, secret_form()).status, 200);
  const std::string token = member(post(kTokenPath, secret_form()), "access_token");
  post(kIntrospectionPath, {{"client_id", "backend"}, {"client_secret", std::string(kSecret)}, {"token", token}});
  EXPECT_EQ(told(),
            (Lines{"client-credentials 200 backend", "client-credentials 200 backend", "introspect 200 backend"}));
  const auto entries = *server_.store->audit(0, 1000);
  for (const store::AuditEntry& entry : entries) {
    for (const std::string& secret : {std::string("password"), std::string(kSecret), token, std::string("another")}) {
      EXPECT_EQ(entry.record.find(secret), std::string::npos) << entry.record;
    }
  }
}

TEST_F(SignInAudit, WhoAsksWhoHasSignedInIsTold) {
  const std::string token = member(exchange(code()), "access_token");
  told();
  const auto ask_who = [&](const std::string& bearer) {
    ask(http::Method::get, kUserInfoPath, {}, {{"Authorization", "Bearer " + bearer}});
    return told();
  };
  EXPECT_EQ(ask_who(token), Lines{"userinfo 200 app u1 Patient/ada"});
  EXPECT_EQ(ask_who("none"), Lines{"userinfo 401"});
  EXPECT_EQ(ask_who(member(post(kTokenPath, secret_form()), "access_token")),
            (Lines{"client-credentials 200 backend", "userinfo 403 backend"}));
}

TEST_F(SignInAudit, RefusalsSayWhose) {
  for (int i = 0; i < 5; ++i) sign_in(begin().step, "ada", "wrong");
  told();
  sign_in(begin().step, "ada", "wrong");
  EXPECT_EQ(told(), Lines{"sign-in 429 app"}) << "nobody is looked up for who has to wait";
  address_ = "192.0.2.2";
  const Page consent = sign_in(begin().step);
  decide(consent.step, "deny");
  post(kConsentPath, {{"state", "altered"}, {"decision", "allow"}});
  EXPECT_EQ(told(), (Lines{"sign-in 200 app u1 Patient/ada", "consent-denied 303 app u1 Patient/ada", "consent 400"}));
}

TEST_F(SignInAudit, WhatComesAgainIsAnAlert) {
  const std::string given = code(authorization("launch/patient offline_access patient/*.rs"));
  const std::string token = member(exchange(given), "refresh_token");
  refresh(token);
  told();
  refresh(token);
  EXPECT_EQ(told(), Lines{"refresh-reuse 400 app u1 Patient/ada"});
  exchange(given);
  const Lines again = told();
  ASSERT_EQ(again.size(), 2U) << "that it would be given, and that it was not";
  EXPECT_EQ(again[1], "code-reuse 400 app u1 Patient/ada");
}

TEST_F(SignInAudit, WhatCannotBeRecordedIsNotTold) {
  const std::string given = code(authorization("launch/patient offline_access patient/*.rs"));
  const std::string token = member(exchange(given), "refresh_token");
  const std::string unused = code();
  const Page page = begin();
  const auto refused = [&] {
    EXPECT_EQ(exchange(unused).status, 503);
    EXPECT_EQ(refresh(token).status, 503);
    EXPECT_EQ(post(kTokenPath, secret_form()).body.find("access_token"), std::string::npos);
    const http::Response answer = sign_in(page.step).response;
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.get("Retry-After"), "1");
    EXPECT_EQ(answer.headers.find("Set-Cookie"), nullptr);
  };
  fill_trail();
  refused();
  *is_full_ = false;
  restart();
  EXPECT_EQ(refresh(token).status, 200) << "it was not used up";
  EXPECT_EQ(exchange(unused).status, 200) << "nor was the code";
}

TEST_F(SignInAudit, WhatCannotBeRecordedEndsNoSessionAndMakesNoClient) {
  const std::string token = member(exchange(code(authorization("launch/patient offline_access"))), "refresh_token");
  const auto clients = [&] {
    const auto bundle = json::parse_value(server_.get("/Client?_summary=count").body);
    std::string total;
    json::append_value(*bundle->find("total"), total);
    return total;
  };
  const std::string before = clients();
  fill_trail();
  EXPECT_EQ(post(kRevocationPath, {{"client_id", "app"}, {"token", token}}).status, 503);
  http::Request request;
  request.method = http::Method::post;
  request.path = kRegistrationPath;
  request.headers.add("Content-Type", "application/json");
  request.body = R"({"redirect_uris":["https://new.example/"],"scope":"openid"})";
  EXPECT_EQ(provider_->handle(request)->status, 503);
  EXPECT_EQ(clients(), before);
  *is_full_ = false;
  restart();
  EXPECT_EQ(refresh(token).status, 200);
}

TEST_F(SignInAudit, WhatCannotBeRecordedUsesNoLaunchUp) {
  put("Client", "app",
      R"(,"name":"app","status":"active","scope":["launch"],"redirectUri":[")" + std::string(kRedirect) + "\"]");
  put("Client", "ehr",
      R"(,"name":"ehr","status":"active","scope":["start-launch","user/*.rs"],"redirectUri":[")" +
          std::string(kRedirect) + "\"]");
  const std::string of_ehr = code(with(authorization("start-launch user/*.rs"), "client_id", "ehr"));
  const std::string token = member(post(kTokenPath, with(code_form(of_ehr), "client_id", "ehr")), "access_token");
  const http::Response started =
      post(kLaunchPath, {{"client_id", "app"}, {"patient", "ada"}}, {{"Authorization", "Bearer " + token}});
  const Page consent = sign_in(begin(with(authorization("launch"), "launch", member(started, "launch"))).step);
  ASSERT_EQ(consent.response.status, 200) << started.body << consent.response.body;
  fill_trail();
  EXPECT_EQ(decide(consent.step).status, 503);
  *is_full_ = false;
  restart();
  EXPECT_NE(of_location(decide(consent.step), "code"), "");
}

TEST_F(SignInAudit, ACodeIsUsedUpInOneCommitWithItsRecord) {
  const Enrolment enrolment = new_enrolment(server_.random);
  store::WriteSet writes;
  writes.properties.push_back(SecondFactors::property_of(**records_.user("u1"), enrolment));
  ASSERT_TRUE(server_.store->commit(writes).ok());
  const Page asked = sign_in(begin().step);
  told();
  const auto enter = [&](const std::string& code) {
    return post(kSecondFactorPath, {{"state", asked.step.state}, {"code", code}}, {{"Cookie", asked.step.cookie}});
  };
  engine_->set_hook([](int) -> Status { return make_error(Category::unavailable, "no space"); });
  EXPECT_EQ(enter(enrolment.recovery_codes.front()).status, 503);
  engine_->set_hook([](int) { return kOk; });
  const Lines failed = told();
  EXPECT_TRUE(failed == Lines() || failed == Lines{"sign-in 503 app u1 Patient/ada"});
  fill_trail();
  EXPECT_EQ(enter(enrolment.recovery_codes.front()).status, 200) << "nothing of it waits in the full log";
  *is_full_ = false;
  restart();
  const auto records = records_of(0, "sign-in");
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.back().status, 200);
  EXPECT_EQ(records.back().path, kSecondFactorPath);
}

}  // namespace
}  // namespace vesta::oauth
