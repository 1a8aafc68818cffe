// Codes, refresh tokens and sessions, and what a thief would try with them.
#include <gtest/gtest.h>

#include "oauth/answers.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;
using SessionFlow = ProviderTest;

TEST_F(SessionFlow, ACodeThatComesTwiceEndsTheSession) {
  const std::string once = code();
  const std::string token = member(exchange(once), "access_token");
  ASSERT_TRUE(bearer(token).ok());
  EXPECT_EQ(member(exchange(once), "error"), "invalid_grant");
  EXPECT_FALSE(bearer(token).ok());
}

TEST_F(SessionFlow, ACodeThatComesAgainInTheNextMinuteEndsTheSession) {
  server_.clock.advance(std::chrono::seconds(40));
  const std::string once = code();
  const std::string token = member(exchange(once), "access_token");
  server_.clock.advance(std::chrono::seconds(40));
  EXPECT_EQ(member(exchange(once), "error"), "invalid_grant");
  EXPECT_FALSE(bearer(token).ok());
}

TEST_F(SessionFlow, ACodeIsNotUsedUpByAFailureThatPasses) {
  const std::string once = code();
  engine_->set_hook([](int) -> Status { return make_error(Category::unavailable, "the disk is full"); });
  EXPECT_EQ(exchange(once).status, 503);
  engine_->set_hook([](int) { return kOk; });
  EXPECT_EQ(exchange(once).status, 200);
  EXPECT_EQ(member(exchange(once), "error"), "invalid_grant");
}

TEST_F(SessionFlow, TwoExchangesOfACodeAtOnceOpenNothing) {
  // The first has not opened the session when the second is refused.
  Sessions sessions(server_.service, records_, server_.clock, server_.random);
  const NewSession session{"s1", "app", "u1", VersionId{1}, "ada", {"offline_access"}};
  ASSERT_TRUE(sessions.refuse(session).ok());
  EXPECT_EQ(sessions.open(session).error().category, Category::conflict);
  EXPECT_EQ(*sessions.running("s1"), nullptr);

  const NewSession opened{"s2", "app", "u1", VersionId{1}, "ada", {"offline_access"}};
  ASSERT_TRUE(sessions.open(opened).ok());
  ASSERT_TRUE(sessions.refuse(opened).ok());
  EXPECT_EQ(*sessions.running("s2"), nullptr) << "it was opened in between";
}

TEST_F(SessionFlow, ACodeThatOpenedNothingOpensNothingLater) {
  const std::string once = code();
  turn_off("User", "u1");
  EXPECT_EQ(member(exchange(once), "error"), "invalid_grant");
  put("User", "u1", R"(,"name":"ada","status":"active")");
  EXPECT_EQ(member(exchange(once), "error"), "invalid_grant");
  EXPECT_TRUE(contains(server_.get("/Session?user=User/u1").body, R"("status":"off")"));
}

TEST_F(SessionFlow, ACodeOfAClockThatWasAheadIsRefused) {
  const std::string ahead = code();
  server_.clock.advance(-std::chrono::hours(1));
  EXPECT_EQ(member(exchange(ahead), "error"), "invalid_grant");
}

TEST_F(SessionFlow, ARefreshTokenIsUsedOnce) {
  const http::Response first = exchange(code(authorization("offline_access launch/patient patient/*.rs")));
  const std::string old_token = member(first, "refresh_token");
  ASSERT_NE(old_token, "");
  const http::Response second = refresh(old_token);
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(member(second, "patient"), "ada");
  EXPECT_TRUE(bearer(member(second, "access_token")).ok());
  EXPECT_EQ(member(refresh("x"), "error"), "invalid_grant");
  EXPECT_EQ(member(refresh(old_token.substr(0, old_token.find('.')) + ".guess"), "error"), "invalid_grant");
  EXPECT_TRUE(bearer(member(second, "access_token")).ok()) << "a guess ends nothing";
  EXPECT_EQ(member(refresh(old_token), "error"), "invalid_grant");
  EXPECT_FALSE(bearer(member(second, "access_token")).ok()) << "a used one ends the session";
  EXPECT_EQ(member(refresh(member(second, "refresh_token")), "error"), "invalid_grant");
}

TEST_F(SessionFlow, TheLastRefreshTokensAreRemembered) {
  std::vector<std::string> tokens = {
      member(exchange(code(authorization("offline_access launch/patient patient/*.rs"))), "refresh_token")};
  http::Response last;
  while (tokens.size() <= kMaxUsedDigests + 1) {
    last = refresh(tokens.back());
    ASSERT_EQ(last.status, 200) << last.body;
    tokens.push_back(member(last, "refresh_token"));
  }
  EXPECT_EQ(member(refresh(tokens[0]), "error"), "invalid_grant");
  EXPECT_TRUE(bearer(member(last, "access_token")).ok()) << "forgotten: nothing more than not valid";
  EXPECT_EQ(member(refresh(tokens[1]), "error"), "invalid_grant");
  EXPECT_FALSE(bearer(member(last, "access_token")).ok()) << "remembered: it ends the session";
}

TEST_F(SessionFlow, ARefreshedTokenMayHaveFewerScopes) {
  const http::Response first = exchange(code(authorization("offline_access launch/patient patient/*.rs")));
  const http::Response fewer = post(kTokenPath, {{"grant_type", "refresh_token"},
                                                 {"client_id", "app"},
                                                 {"refresh_token", member(first, "refresh_token")},
                                                 {"scope", "patient/*.rs user/*.cruds"}});
  EXPECT_EQ(member(fewer, "scope"), "patient/*.rs");
}

TEST_F(SessionFlow, NoTokenLastsLongerThanItsSession) {
  const http::Response first = exchange(code(authorization("offline_access launch/patient patient/*.rs")));
  EXPECT_TRUE(contains(first.body, R"("expires_in":3600)")) << first.body;
  server_.clock.advance(kOfflineSession - std::chrono::minutes(10));
  const http::Response last = refresh(member(first, "refresh_token"));
  EXPECT_TRUE(contains(last.body, R"("expires_in":599)")) << "the clock goes on meanwhile: " << last.body;
}

TEST_F(SessionFlow, ARefusedRefreshUsesNothingUp) {
  const http::Response first = exchange(code(authorization("offline_access launch/patient patient/*.rs")));
  const std::string token = member(first, "refresh_token");
  const Pairs form{{"grant_type", "refresh_token"}, {"client_id", "app"}, {"refresh_token", token}};
  EXPECT_EQ(member(post(kTokenPath, with(form, "scope", "user/*.cruds")), "error"), "invalid_scope");
  turn_off("User", "u1");
  EXPECT_EQ(member(refresh(token), "error"), "invalid_grant");
  put("User", "u1", R"(,"name":"ada","status":"active")");
  EXPECT_EQ(refresh(token).status, 200);
}

TEST_F(SessionFlow, APublicClientMayRefreshWithoutItsName) {
  const std::string scope = "offline_access launch/patient patient/*.rs";
  const auto nameless = [&](const std::string& token) {
    return post(kTokenPath, {{"grant_type", "refresh_token"}, {"refresh_token", token}});
  };
  EXPECT_EQ(nameless(member(exchange(code(authorization(scope))), "refresh_token")).status, 200);
  EXPECT_EQ(nameless("x.y").status, 401);

  put("Client", "app",
      R"(,"name":"App","status":"active","redirectUri":[")" + std::string(kRedirect) +
          R"("],"scope":["offline_access","launch/patient","patient/*.rs"],"secretDigest":[")" +
          identity::digest_of_secret(kSecret) + "\"]");
  Pairs form = code_form(code(authorization(scope)));
  form.emplace_back("client_secret", std::string(kSecret));
  const std::string confidential = member(post(kTokenPath, form), "refresh_token");
  ASSERT_NE(confidential, "");
  EXPECT_EQ(nameless(confidential).status, 401) << "one with a secret must show it";
}

TEST_F(SessionFlow, AnAdministratorEndsASession) {
  const http::Response response = exchange(code(authorization("offline_access patient/*.rs")));
  const std::string token = member(response, "access_token");
  const std::string id = ops::testing::value_after(server_.get("/Session?user=User/u1").body, "/fhir/Session/");
  ASSERT_NE(id, "");
  ASSERT_TRUE(bearer(token).ok());
  turn_off("Session", id);
  EXPECT_FALSE(bearer(token).ok());
  EXPECT_EQ(member(refresh(member(response, "refresh_token")), "error"), "invalid_grant");
  const std::string another = member(exchange(code()), "access_token");
  ASSERT_TRUE(bearer(another).ok());
  turn_off("User", "u1");
  EXPECT_FALSE(bearer(another).ok());
}

TEST_F(SessionFlow, WhatIsTakenFromAClientIsTakenFromItsTokens) {
  const std::string token = member(exchange(code()), "access_token");
  ASSERT_EQ(bearer(token)->scopes, (std::vector<std::string>{"openid", "fhirUser", "launch/patient", "patient/*.rs"}));
  put("Client", "app",
      R"(,"name":"App","status":"active","redirectUri":[")" + std::string(kRedirect) +
          R"("],"scope":["launch/patient","patient/Observation.rs"])");
  EXPECT_EQ(bearer(token)->scopes, (std::vector<std::string>{"launch/patient", "patient/Observation.rs"}));
  EXPECT_EQ(ask(http::Method::get, kUserInfoPath, {}, {{"Authorization", "Bearer " + token}}).status, 403);
}

// Another person's record, once the user is that person; not both, and not the rights of the one before.
TEST_F(SessionFlow, AUserWhoBecomesAnotherPersonSeesNothingOfTheOneBefore) {
  const std::string token =
      member(exchange(code(authorization("launch/patient patient/*.rs user/*.rs"))), "access_token");
  EXPECT_EQ(bearer(token)->fhir_user, "Patient/ada");
  put("User", "u1",
      R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/bob"},)"
      R"("policy":[{"reference":"AccessPolicy/patient"}])");
  const auto principal = bearer(token);
  ASSERT_TRUE(principal.ok());
  server_.grant = *grants_->of(*principal);
  EXPECT_EQ(server_.get("/Patient/ada").status, 404);
  EXPECT_EQ(server_.get("/Patient/bob").status, 200);
}

TEST_F(SessionFlow, WhatAUserMayDoIsThatOfNow) {
  const std::string token = member(exchange(code()), "access_token");
  EXPECT_EQ(bearer(token)->policies, (std::vector<std::string>{"patient"}));
  put("User", "u1",
      R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"},)"
      R"("policy":[{"reference":"AccessPolicy/provider"}])");
  EXPECT_EQ(bearer(token)->policies, (std::vector<std::string>{"provider"}));
}

TEST_F(SessionFlow, AClientGivesItsTokensBack) {
  const http::Response response = exchange(code(authorization("offline_access patient/*.rs")));
  EXPECT_EQ(post(kRevocationPath, {{"client_id", "app"}, {"token", "x"}}).status, 200);
  EXPECT_TRUE(bearer(member(response, "access_token")).ok());
  EXPECT_EQ(post(kRevocationPath, {{"client_id", "app"}, {"token", member(response, "refresh_token")}}).status, 200);
  EXPECT_FALSE(bearer(member(response, "access_token")).ok());
}

TEST_F(SessionFlow, OldSessionsAreForgottenAFewAtATime) {
  Sessions sessions(server_.service, records_, server_.clock, server_.random);
  const auto open = [&](const std::string& id) {
    return sessions.open({id, "app", "u1", VersionId{1}, {}, {"offline_access"}}).ok();
  };
  for (std::uint32_t i = 0; i <= kMaxForgottenSessions; ++i) ASSERT_TRUE(open("s" + std::to_string(i)));
  server_.clock.advance(kSessionMemory - std::chrono::minutes(1));
  ASSERT_TRUE(open("month"));
  EXPECT_NE(*records_.session("s0"), nullptr) << "an administrator looks a month back";
  server_.clock.advance(std::chrono::minutes(2));
  ASSERT_TRUE(open("now"));
  const auto count = [&] {
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i <= kMaxForgottenSessions; ++i)
      found += *records_.session("s" + std::to_string(i)) != nullptr;
    return found;
  };
  EXPECT_EQ(count(), 1U);
  ASSERT_TRUE(open("then"));
  EXPECT_EQ(count(), 0U);
  EXPECT_NE(*sessions.running("month"), nullptr);
  EXPECT_FALSE(open("s0")) << "its code is still used up";
}

TEST_F(SessionFlow, WhoSignsInIsNotKeptFromItByOldSessions) {
  Sessions sessions(server_.service, records_, server_.clock, server_.random);
  ASSERT_TRUE(sessions.open({"old", "app", "u1", VersionId{1}, {}, {}}).ok());
  server_.clock.advance(kSessionMemory + std::chrono::minutes(1));
  engine_->set_hook([](int number) -> Status {
    return number == 2 ? Status(make_error(Category::unavailable, "the disk is full")) : kOk;
  });
  EXPECT_TRUE(sessions.open({"new", "app", "u1", VersionId{1}, {}, {}}).ok());
  EXPECT_NE(*records_.session("old"), nullptr);
}

}  // namespace
}  // namespace vesta::oauth
