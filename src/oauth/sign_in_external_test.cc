// Signing in at an OpenID provider: the way there and back, whom it lets in, and what an attacker would try.
#include <gtest/gtest.h>

#include <string>

#include "audit/own_events.h"
#include "base/base64.h"
#include "base/log.h"
#include "oauth/external_test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;
using External = ExternalTest;

TEST_F(External, EndsWithATokenOfTheUser) {
  const Page first = begin();
  EXPECT_TRUE(contains(first.response.body, "Sign in with The &lt;Clinic&gt;")) << first.response.body;
  EXPECT_TRUE(contains(first.response.body, "name=\"password\""));
  EXPECT_TRUE(
      contains(std::string(first.response.headers.get("Content-Security-Policy")), "form-action 'self' https:"));
  const Away away = go_away(first.step);
  ASSERT_EQ(away.response.status, 303) << away.response.body;
  EXPECT_TRUE(
      away.response.headers.get("Location").starts_with("https://op.example/authorize?x=1&response_type=code&"));
  EXPECT_EQ(of_location(away.response, "client_id"), "vesta");
  EXPECT_EQ(of_location(away.response, "redirect_uri"), "http://test/auth/callback");
  EXPECT_EQ(of_location(away.response, "scope"), "openid");
  EXPECT_EQ(of_location(away.response, "code_challenge_method"), "S256");
  EXPECT_EQ(of_location(away.response, "prompt"), "");
  EXPECT_EQ(of_location(away.response, "acr_values"), "gold silver") << "so that it can ask for more";

  const Page consent = come_back(answer_of(away), away.cookies);
  ASSERT_EQ(consent.response.status, 200) << consent.response.body;
  const FetchRequest& exchange_of_op = asked_[1];
  EXPECT_EQ(exchange_of_op.authorization, "Basic " + encode_base64("vesta:s%2F%2B%26", Base64::standard));
  const auto form = http::parse_query(exchange_of_op.form);
  ASSERT_TRUE(form.has_value());
  const auto sent = [&](std::string_view name) {
    const auto found = std::ranges::find(*form, name, &http::Parameter::name);
    return found == form->end() ? std::string() : found->value;
  };
  EXPECT_EQ(sent("code"), "code-of-op");
  EXPECT_EQ(sent("redirect_uri"), "http://test/auth/callback");
  EXPECT_EQ(identity::code_challenge_of(sent("code_verifier")), of_location(away.response, "code_challenge"));

  const http::Response tokens = exchange(of_location(decide(consent.step), "code"));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(member(tokens, "patient"), "ada");
  const auto principal = bearer(member(tokens, "access_token"));
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->user, "eve");
  EXPECT_TRUE(contains(claims_of(tokens), R"("acr":"1")"));
  EXPECT_FALSE(contains(claims_of(tokens), "amr")) << "the provider has not said how";
}

TEST_F(External, TheProviderIsToldToAskAnewIfTheApplicationDoes) {
  EXPECT_EQ(of_location(go_away(begin(with(authorization(), "prompt", "login")).step).response, "prompt"), "login");
  const Away away = go_away(begin(with(authorization(), "max_age", "60")).step);
  EXPECT_EQ(of_location(away.response, "prompt"), "login");
  EXPECT_EQ(of_location(away.response, "max_age"), "0") << "it must say when";
  EXPECT_EQ(of_location(go_away(begin().step).response, "max_age"), "");
}

// The words that ask for it are in the browser's hands.
TEST_F(External, WhoIsToSignInAnewHasDoneSoSinceTheyLeft) {
  const auto status = [&](std::optional<std::chrono::seconds> before) {
    const Away away = go_away(begin(with(authorization(), "prompt", "login")).step);
    const Instant left = server_.clock.now();
    server_.clock.advance(std::chrono::minutes(5));
    change_ = [&](identity::Claims& claims) {
      if (before) set(claims, "auth_time", number(later_by(left, -*before).value / 1'000'000));
    };
    return come_back(answer_of(away), away.cookies).response.status;
  };
  EXPECT_EQ(status(std::chrono::seconds(-100)), 200);
  EXPECT_EQ(status(identity::kClockSkew - std::chrono::seconds(1)), 200);
  EXPECT_EQ(status(identity::kClockSkew + std::chrono::seconds(1)), 403);
  EXPECT_EQ(status(std::nullopt), 403) << "it does not say when";
  change_ = [](identity::Claims& claims) { set(claims, "auth_time", number(1'700'000'000)); };
  EXPECT_EQ(through().response.status, 200) << "nobody has asked";
}

TEST_F(External, WhenTheyHaveSignedInIsNotInvented) {
  EXPECT_FALSE(contains(claims_of(exchange(of_location(decide(through().step), "code"))), "auth_time"));
}

TEST_F(External, ALongRequestGoesAlongInSeveralCookies) {
  const std::string state(kMaxStateBytes, 's');
  std::string scope = "patient/*.rs";
  for (int i = 0; i < 4; ++i) scope += " patient/Observation.rs?code=" + std::to_string(i) + std::string(500, 'x');
  const Pairs request = with(with(authorization(scope), "state", state), "nonce", std::string(kMaxStateBytes, 'n'));
  const Away away = go_away(begin(request).step);
  EXPECT_TRUE(contains(away.cookies, "_1=")) << away.cookies;
  EXPECT_LT(away.response.headers.get("Location").size(), 1'000U);
  for (const auto& [name, value] : away.response.headers.fields()) EXPECT_LE(value.size(), 4'096U);
  const Page consent = come_back(answer_of(away), away.cookies);
  ASSERT_EQ(consent.response.status, 200) << consent.response.body;
  EXPECT_EQ(of_location(decide(consent.step), "state"), state);
}

TEST_F(External, WhatTheProviderSaysOfFactorsIsToldOn) {
  put("User", "eve",
      R"(,"name":"eve","status":"active","fhirUser":{"reference":"Patient/ada"},"secondFactorRequired":true,)"
      R"("identity":[{"system":"https://op.example/realm","value":"sub-of-eve"}])");
  EXPECT_EQ(through().response.status, 403);
  EXPECT_EQ(status_with([](auto& claims) { set(claims, "amr", texts({"pwd", "otp"})); }), 403) << "it says no mfa";
  EXPECT_EQ(status_with([](auto& claims) { set(claims, "acr", text("bronze")); }), 403);
  EXPECT_EQ(status_with([](auto& claims) { set(claims, "acr", text("gold")); }), 200);
  change_ = [](identity::Claims& claims) {
    set(claims, "amr", texts({"pwd", "otp", "mfa", "two words", std::string(kMaxMethodBytes + 1, 'x')}));
    set(claims, "auth_time", number(1'700'000'000));
  };
  const http::Response tokens = exchange(of_location(decide(through().step), "code"));
  EXPECT_TRUE(contains(claims_of(tokens), R"("auth_time":1700000000,"amr":["pwd","otp","mfa"],"acr":"2")"))
      << claims_of(tokens);
  EXPECT_TRUE(bearer(member(tokens, "access_token")).ok());
}

TEST_F(External, ASecondFactorOfOursIsAskedForWhereTheProviderAskedForNone) {
  const Enrolment enrolment = new_enrolment(server_.random);
  store::WriteSet writes;
  writes.properties.push_back(SecondFactors::property_of(**records_.user("eve"), enrolment));
  ASSERT_TRUE(server_.store->commit(writes).ok());
  EXPECT_TRUE(contains(through().response.body, "name=\"code\""));
  change_ = [](identity::Claims& claims) { set(claims, "amr", texts({"pwd"})); };
  const Page asked = through();
  const Page consent =
      page_of(post(kSecondFactorPath, {{"state", asked.step.state}, {"code", enrolment.recovery_codes[0]}},
                   {{"Cookie", asked.step.cookie}}));
  ASSERT_EQ(consent.response.status, 200) << consent.response.body;
  const http::Response tokens = exchange(of_location(decide(consent.step), "code"));
  EXPECT_TRUE(contains(claims_of(tokens), R"("amr":["pwd","otp","mfa"],"acr":"2")")) << claims_of(tokens);
}

// Who can sign in there as eve, but has no code, slows down nobody but themselves.
TEST_F(External, ADeviceThatHasProvedASecondFactorOfOursIsCountedByItself) {
  const Enrolment enrolment = new_enrolment(server_.random);
  store::WriteSet writes;
  writes.properties.push_back(SecondFactors::property_of(**records_.user("eve"), enrolment));
  ASSERT_TRUE(server_.store->commit(writes).ok());
  const auto enter = [&](const std::string& code, const std::string& device) {
    const Page asked = through();
    return page_of(post(kSecondFactorPath, {{"state", asked.step.state}, {"code", code}},
                        {{"Cookie", on_device(asked.step, device).cookie}}));
  };
  EXPECT_EQ(device_of(through()), "") << "before it is proved";
  const std::string device = device_of(enter(enrolment.recovery_codes[0], ""));
  ASSERT_NE(device, "");
  for (std::uint32_t i = 0; i < identity::kFreeGuesses; ++i) enter("000000", "");
  EXPECT_EQ(enter(enrolment.recovery_codes[1], "").response.status, 429);
  EXPECT_EQ(enter(enrolment.recovery_codes[1], device).response.status, 200);
  change_ = [](identity::Claims& claims) { set(claims, "amr", texts({"mfa"})); };
  EXPECT_EQ(device_of(through()), "") << "by the provider's factor";
}

TEST_F(External, WhomNobodyKnowsIsToldSo) {
  change_ = [](identity::Claims& claims) { claims.subject = "<mallory>"; };
  std::string lines;
  log::set_sink([&](std::string_view line) { lines += line; });
  const Page page = through();
  log::set_sink({});
  EXPECT_EQ(page.response.status, 403);
  EXPECT_TRUE(contains(page.response.body, "has signed you in as &lt;mallory&gt;, but nobody is known here"));
  EXPECT_TRUE(contains(lines, "nobody has this identity")) << lines;
  EXPECT_FALSE(contains(lines, "mallory"));
  const auto records = records_of(0, audit::kSignIn);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(std::to_string(records[0].status) + records[0].path + records[0].client + records[0].user,
            "403/auth/callbackapp");
  EXPECT_EQ(status_with([](auto& claims) { claims.subject = "SUB-OF-EVE"; }), 403) << "to the letter";
}

TEST_F(External, TwoOfOneIdentityAreNobody) {
  put("User", "eva",
      R"(,"name":"eva","status":"off","identity":[{"system":"https://op.example/realm",)"
      R"("value":"sub-of-eve"}])");
  EXPECT_EQ(through().response.status, 200);
  put("User", "eva",
      R"(,"name":"eva","status":"active","identity":[{"system":"https://op.example/realm",)"
      R"("value":"sub-of-eve"}])");
  EXPECT_EQ(through().response.status, 403);
}

TEST_F(External, WhatWasBegunEndsWithTheUserAndWithTheIdentity) {
  const Page page = through();
  put("User", "eve", R"(,"name":"eve","status":"active","fhirUser":{"reference":"Patient/ada"})");
  EXPECT_EQ(decide(page.step).status, 400);
  put("User", "eve",
      R"(,"name":"eve","status":"active","fhirUser":{"reference":"Patient/ada"},)"
      R"("identity":[{"system":"https://op.example/realm","value":"sub-of-eve"}])");
  const std::string code = of_location(decide(through().step), "code");
  turn_off("User", "eve");
  EXPECT_EQ(member(exchange(code), "error"), "invalid_grant");
  EXPECT_EQ(through().response.status, 403);
}

TEST_F(External, SignInIsInTheAuditLog) {
  ASSERT_EQ(through().response.status, 200);
  const auto records = records_of(0, audit::kSignIn);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].method + " " + records[0].path, "GET /auth/callback");
  EXPECT_EQ(records[0].user + " " + records[0].fhir_user, "eve Patient/ada");
  EXPECT_EQ(records[0].status, 200);
}

TEST_F(External, NobodyComesBackWithWhatAnotherBrowserBegan) {
  const Away mine = go_away(begin().step);
  const Away other = go_away(begin().step);
  EXPECT_EQ(come_back(answer_of(mine), "").response.status, 400);
  EXPECT_EQ(come_back(answer_of(mine), other.cookies).response.status, 400);
  Pairs forged = answer_of(mine);
  forged[0].second.back() = forged[0].second.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(come_back(forged, mine.cookies).response.status, 400);
  EXPECT_EQ(come_back(with(answer_of(mine), "state", std::nullopt), mine.cookies).response.status, 400);
  const std::string away_alone = mine.cookies.substr(0, mine.cookies.find(';'));
  EXPECT_EQ(come_back(answer_of(mine), away_alone).response.status, 400) << "without the cookie of the flow";
  EXPECT_EQ(asked_.size(), 1U) << "the provider is asked for nothing but its metadata";
  EXPECT_EQ(asked_for("https://op.example/token"), 0U);
  server_.clock.advance(kSignInTime);
  EXPECT_EQ(come_back(answer_of(mine), mine.cookies).response.status, 400) << "expired";
}

TEST_F(External, AnAnswerIsGoodOnceAlsoAfterARestart) {
  const Away away = go_away(begin().step);
  ASSERT_EQ(come_back(answer_of(away), away.cookies).response.status, 200);
  EXPECT_EQ(come_back(answer_of(away), away.cookies).response.status, 400);
  serve();
  EXPECT_EQ(come_back(answer_of(away), away.cookies).response.status, 400);
}

TEST_F(External, ATokenThatIsNotToBeBelievedLetsNobodyIn) {
  EXPECT_EQ(status_with([](auto& claims) { set(claims, "nonce", text("another")); }), 403);
  EXPECT_EQ(status_with([](auto& claims) { claims.others.clear(); }), 403) << "no nonce";
  EXPECT_EQ(status_with([](auto& claims) { claims.issuer = "https://op.example/"; }), 403);
  EXPECT_EQ(status_with([](auto& claims) { claims.audiences = {"other"}; }), 403);
  EXPECT_EQ(status_with([](auto& claims) { claims.audiences = {"vesta", "other"}; }), 403) << "no azp";
  EXPECT_EQ(status_with([](auto& claims) {
              claims.audiences = {"vesta", "other"};
              set(claims, "azp", text("vesta"));
            }),
            200);
  EXPECT_EQ(status_with([](auto& claims) { set(claims, "azp", text("other")); }), 403);
  EXPECT_EQ(status_with([](auto& claims) { set(claims, "azp", number(1)); }), 403);
  EXPECT_EQ(status_with([](auto& claims) { claims.expires_at = later_by(claims.expires_at, -std::chrono::hours(1)); }),
            403);
  EXPECT_EQ(status_with([](auto& claims) { claims.issued_at.reset(); }), 403);
  EXPECT_EQ(status_with([](auto& claims) {
              claims.issued_at =
                  later_by(*claims.issued_at, -(kMaxIdTokenAge + identity::kClockSkew - std::chrono::seconds(1)));
            }),
            200);
  EXPECT_EQ(status_with([](auto& claims) {
              claims.issued_at =
                  later_by(*claims.issued_at, -(kMaxIdTokenAge + identity::kClockSkew + std::chrono::seconds(1)));
            }),
            403);
  EXPECT_EQ(status_with([](auto& claims) { claims.issued_at = later_by(*claims.issued_at, std::chrono::hours(1)); }),
            403);
  EXPECT_EQ(status_with([](auto& claims) { claims.subject.clear(); }), 403);
  EXPECT_EQ(status_with([](auto& claims) { claims.subject = std::string(kMaxSubjectBytes + 1, 's'); }), 403);
}

TEST_F(External, ATokenOfAnotherKeyOrOfNoneLetsNobodyIn) {
  const identity::Jwk stranger = identity::Jwk::generate(identity::Algorithm::es256);
  signed_by_ = &stranger;
  EXPECT_EQ(through().response.status, 403);
  signed_by_ = identity::signing_keys()[1].get();
  EXPECT_EQ(through().response.status, 200) << "RS256";
  const Away away = go_away(begin().step);
  std::string payload;
  json::append_value({json::Value::Kind::object,
                      {},
                      {{"iss", text(kIssuer)},
                       {"sub", text("sub-of-eve")},
                       {"aud", text("vesta")},
                       {"exp", number(server_.clock.now().value / 1'000'000 + 300)},
                       {"iat", number(server_.clock.now().value / 1'000'000)},
                       {"nonce", text(nonce_)}},
                      {}},
                     payload);
  for (const std::string_view header : {R"({"alg":"none"})", R"({"alg":"HS256","kid":"ec"})"}) {
    id_token_ = identity::token_of(header, payload, "");
    EXPECT_EQ(come_back(answer_of(away), away.cookies).response.status, 403) << header;
  }
  id_token_ = "garbage";
  EXPECT_EQ(come_back(answer_of(away), away.cookies).response.status, 403);
}

TEST_F(External, TheAnswerOfAnotherIssuerIsRefused) {
  const auto status = [&](std::optional<std::string> issuer) {
    const Away away = go_away(begin().step);
    return come_back(with(answer_of(away), "iss", std::move(issuer)), away.cookies).response.status;
  };
  EXPECT_EQ(status(std::nullopt), 200);
  EXPECT_EQ(status(std::string(kIssuer)), 200);
  EXPECT_EQ(status("https://evil.example"), 403);
  metadata_.insert(1, R"("authorization_response_iss_parameter_supported":true,)");
  serve();
  EXPECT_EQ(status(std::nullopt), 403);
  EXPECT_EQ(status(std::string(kIssuer)), 200);
}

TEST_F(External, WhoIsRefusedByTheProviderMayTryAgain) {
  const Away away = go_away(begin().step);
  const Pairs refusal{{"state", of_location(away.response, "state")}, {"error", "access_denied"}};
  const Page page = come_back(refusal, away.cookies);
  EXPECT_EQ(page.response.status, 403);
  EXPECT_TRUE(contains(page.response.body, "has not signed you in"));
  EXPECT_EQ(asked_for("https://op.example/token"), 0U);
  EXPECT_EQ(sign_in(page.step).response.status, 200) << "by a password";
  token_status_ = 400;
  token_answer_ = R"({"error":"invalid_grant"})";
  EXPECT_EQ(through().response.status, 403) << "the code";
}

TEST_F(External, WhoMakesCodesUpWaits) {
  token_status_ = 400;
  token_answer_ = R"({"error":"invalid_grant"})";
  const Away away = go_away(begin().step);
  for (std::size_t i = 0; i < identity::kFreeGuesses; ++i) {
    EXPECT_EQ(come_back(answer_of(away), away.cookies).response.status, 403);
  }
  const Page page = come_back(answer_of(away), away.cookies);
  EXPECT_EQ(page.response.status, 429);
  EXPECT_EQ(page.response.headers.get("Retry-After"), "1");
  EXPECT_EQ(asked_for("https://op.example/token"), identity::kFreeGuesses);
  EXPECT_EQ(through().response.status, 403) << "another sign-in";
  for (std::size_t i = identity::kFreeGuesses + 1; i < identity::kFreeAddressGuesses; ++i) through();
  EXPECT_EQ(through().response.status, 429) << "whatever they begin";
  EXPECT_EQ(asked_for("https://op.example/token"), identity::kFreeAddressGuesses);
  token_status_ = 200;
  token_answer_.reset();
  address_ = "192.0.2.2";
  for (std::size_t i = 0; i <= identity::kFreeAddressGuesses; ++i) ASSERT_EQ(through().response.status, 200);
}

TEST_F(External, WithoutPasswordsItIsTheOnlyWay) {
  serve(ExternalSettings::Passwords::off);
  const Page page = begin();
  EXPECT_TRUE(contains(page.response.body, "Sign in with"));
  EXPECT_FALSE(contains(page.response.body, "name=\"password\""));
  EXPECT_FALSE(contains(page.response.body, "data-passkey"));
  EXPECT_EQ(sign_in(page.step).response.status, 400) << "also for who makes the form";
  EXPECT_EQ(post(kPasskeyPath, {{"state", page.step.state}}, {{"Cookie", page.step.cookie}}).status, 400);
  EXPECT_EQ(through().response.status, 200);
}

TEST_F(External, WithoutAProviderThereIsNoWayToOne) {
  restart();
  const Page page = begin();
  EXPECT_FALSE(contains(page.response.body, "Sign in with The"));
  EXPECT_EQ(go_away(page.step).response.status, 400);
  EXPECT_EQ(come_back({{"state", "a.b"}}, page.step.cookie).response.status, 400);
}

}  // namespace
}  // namespace vesta::oauth
