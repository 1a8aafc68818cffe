// Users: the pages, the code, refresh tokens and sessions, and what an attacker would try with them.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/log.h"
#include "identity/jwks.h"
#include "oauth/answers.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;
using SignInFlow = ProviderTest;

TEST_F(SignInFlow, EndsWithATokenOfTheUser) {
  const Page name_page = begin();
  EXPECT_EQ(name_page.response.status, 200);
  EXPECT_TRUE(contains(name_page.response.body, "&lt;App&gt; &amp; Co")) << "what others wrote is escaped";
  const Page consent_page = sign_in(name_page.step);
  ASSERT_EQ(consent_page.response.status, 200) << consent_page.response.body;
  EXPECT_TRUE(contains(consent_page.response.body, "see everything in your health record"));
  const http::Response back = decide(consent_page.step);
  ASSERT_EQ(back.status, 303) << back.body;
  EXPECT_TRUE(back.headers.get("Location").starts_with("https://app.example/callback?code="));
  EXPECT_EQ(of_location(back, "state"), "s&1");
  EXPECT_EQ(of_location(back, "iss"), "http://test");

  const http::Response response = exchange(of_location(back, "code"));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(member(response, "patient"), "ada");
  EXPECT_EQ(member(response, "refresh_token"), "") << "nobody asked for one";
  const auto principal = bearer(member(response, "access_token"));
  ASSERT_TRUE(principal.ok()) << principal.error().message;
  EXPECT_EQ(principal->policies, std::vector<std::string>{"patient"});
  EXPECT_EQ(principal->fhir_user, "Patient/ada");
  EXPECT_EQ(principal->patient, "ada");

  server_.grant = *grants_->of(*principal);
  EXPECT_EQ(server_.get("/Patient/ada").status, 200);
  EXPECT_EQ(server_.get("/Patient/bob").status, 404);
  EXPECT_EQ(server_.get("/User/u1").status, 404);
}

TEST_F(SignInFlow, TheIdTokenSaysWhoItIs) {
  const http::Response response = exchange(code());
  const auto claims = verified(response);
  ASSERT_TRUE(claims.ok()) << claims.error().message;
  EXPECT_EQ(claims->subject, "u1");
  std::string others;
  json::append_value({json::Value::Kind::object, {}, claims->others, {}}, others);
  EXPECT_TRUE(contains(others, R"("nonce":"n-1")")) << others;
  EXPECT_TRUE(contains(others, R"("fhirUser":"http://test/fhir/Patient/ada")")) << others;
  const Pairs bearer_header{{"Authorization", "Bearer " + member(response, "access_token")}};
  EXPECT_EQ(member(ask(http::Method::get, kUserInfoPath, {}, bearer_header), "sub"), "u1");
  EXPECT_FALSE(bearer(member(response, "id_token")).ok()) << "an id token opens nothing";
}

TEST_F(SignInFlow, UserInfoRefusesAsBearersAreRefused) {
  const auto challenge = [&](const Pairs& headers, int status) {
    const http::Response response = ask(http::Method::get, kUserInfoPath, {}, headers);
    EXPECT_EQ(response.status, status) << response.body;
    return std::string(response.headers.get("WWW-Authenticate"));
  };
  EXPECT_EQ(challenge({}, 401), "Bearer");
  EXPECT_EQ(challenge({{"Authorization", "Bearer x"}}, 401), R"(Bearer error="invalid_token")");
  const std::string token = member(exchange(code(authorization("patient/*.rs"))), "access_token");
  EXPECT_EQ(challenge({{"Authorization", "Bearer " + token}}, 403),
            R"(Bearer error="insufficient_scope", scope="openid")");
  turn_off("User", "u1");
  EXPECT_EQ(challenge({{"Authorization", "Bearer " + token}}, 401), R"(Bearer error="invalid_token")");
}

TEST_F(SignInFlow, AnUnknownAddressIsNeverFollowed) {
  for (const std::string address :
       {"https://evil.example/", "https://app.example/callback/", "https://app.example/callback?x=1", ""}) {
    const http::Response response = begin(with(authorization(), "redirect_uri", address)).response;
    EXPECT_EQ(response.status, 400) << address;
    EXPECT_EQ(response.headers.find("Location"), nullptr) << address;
  }
  EXPECT_EQ(begin(with(authorization(), "client_id", "nobody")).response.status, 400);
}

TEST_F(SignInFlow, WhatABrowserWouldRunIsNoAddressToGoBackTo) {
  for (const std::string address :
       {"javascript:alert(1)", "JavaScript://app.example/%0aalert(1)", "data:text/html,x", "https://app.example/#a",
        "https://", "//app.example/", "/callback", "1a:b", "app:", "https://app.example\\@evil.example/"}) {
    put("Client", "app",
        R"(,"name":"App","status":"active","scope":["patient/*.rs"],"redirectUri":[)" + quoted(address) + "]");
    const http::Response response = begin(with(authorization("patient/*.rs"), "redirect_uri", address)).response;
    EXPECT_EQ(response.status, 400) << address;
  }
  for (const std::string address : {"https://app.example/a?b=c", "http://127.0.0.1:1/", "com.example.app:/callback"}) {
    EXPECT_TRUE(is_redirect_address(address)) << address;
  }
}

TEST_F(SignInFlow, TheApplicationMayLeadOnFromItsAddress) {
  const Page consent = sign_in(begin().step);
  EXPECT_TRUE(consent.response.headers.get("Content-Security-Policy").ends_with("form-action 'self' https:"));
}

TEST_F(SignInFlow, ABadRequestGoesBackToTheClient) {
  const auto error = [&](const std::string& name, std::optional<std::string> value) {
    const http::Response response = begin(with(authorization(), name, std::move(value))).response;
    EXPECT_EQ(response.status, 303) << name;
    EXPECT_EQ(of_location(response, "state"), name == "state" ? "" : "s&1");
    return of_location(response, "error");
  };
  EXPECT_EQ(error("response_type", "token"), "unsupported_response_type");
  EXPECT_EQ(error("code_challenge_method", "plain"), "invalid_request");
  EXPECT_EQ(error("code_challenge_method", std::nullopt), "invalid_request");
  EXPECT_EQ(error("code_challenge", std::nullopt), "invalid_request");
  EXPECT_EQ(error("aud", "https://elsewhere.example/fhir"), "invalid_request");
  EXPECT_EQ(error("aud", std::nullopt), "invalid_request");
  EXPECT_EQ(error("scope", "system/*.rs"), "invalid_scope");
  EXPECT_EQ(error("request", "a.b.c"), "request_not_supported");
  EXPECT_EQ(error("request_uri", "https://app.example/request"), "request_uri_not_supported");
  EXPECT_EQ(error("response_mode", "form_post"), "invalid_request");
  EXPECT_EQ(error("prompt", "none"), "login_required");
  EXPECT_EQ(error("prompt", "none login"), "invalid_request");
  EXPECT_EQ(begin(with(authorization(), "prompt", "login consent")).response.status, 200);
  EXPECT_EQ(begin(with(authorization(), "response_mode", "query")).response.status, 200);
  EXPECT_EQ(error("nonce", std::string(kMaxStateBytes + 1, 'n')), "invalid_request");
  EXPECT_EQ(begin(with(authorization(), "nonce", std::string(kMaxStateBytes, 'n'))).response.status, 200);
}

TEST_F(SignInFlow, WhatIsAskedForFitsInAToken) {
  const auto scopes_of = [](std::size_t bytes) {
    std::string scopes = "patient/*.rs";
    for (std::size_t i = 0; scopes.size() + 1000 < bytes; ++i) {
      scopes += " patient/Observation.rs?code=" + std::to_string(i) + std::string(500, 'x');
    }
    const std::string last = " patient/Observation.rs?code=";
    return scopes + last + std::string(bytes - scopes.size() - last.size(), 'x');
  };
  const http::Response most = exchange(code(authorization(scopes_of(kMaxScopeListBytes))));
  ASSERT_EQ(most.status, 200) << most.body;
  EXPECT_TRUE(bearer(member(most, "access_token")).ok());
  EXPECT_EQ(of_location(begin(authorization(scopes_of(kMaxScopeListBytes + 1))).response, "error"), "invalid_scope");
}

TEST_F(SignInFlow, ACodeIsNoLongerForALongState) {
  const std::string longest(kMaxStateBytes, 's');
  EXPECT_EQ(code(with(authorization(), "state", longest)).size(), code(with(authorization(), "state", "s")).size());
}

TEST_F(SignInFlow, NobodyGoesOnWithWhatAnotherBrowserBegan) {
  const Step mine = begin().step;
  Step stolen = mine;
  stolen.cookie = "";
  EXPECT_EQ(sign_in(stolen).response.status, 400);
  stolen.cookie = begin().step.cookie;
  EXPECT_EQ(sign_in(stolen).response.status, 400);
  const Page signed_in = sign_in(mine);
  ASSERT_EQ(signed_in.response.status, 200);
  const Step consent = signed_in.step;
  EXPECT_NE(consent.cookie, mine.cookie);
  Step fixed = consent;
  fixed.cookie = mine.cookie;
  EXPECT_EQ(decide(fixed).status, 400) << "the cookie from before the sign-in";
  Step early = mine;
  early.cookie = consent.cookie;
  EXPECT_EQ(decide(early).status, 400) << "a state of before the sign-in";
  server_.clock.advance(kSignInTime);
  EXPECT_EQ(decide(consent).status, 400) << "expired";
}

TEST_F(SignInFlow, PagesStandInNoFrame) {
  const auto expect_guarded = [](const Page& page) {
    EXPECT_TRUE(contains(std::string(page.response.headers.get("Content-Security-Policy")), "frame-ancestors 'none'"));
    EXPECT_EQ(page.response.headers.get("Cache-Control"), "no-store");
    EXPECT_TRUE(contains(std::string(page.response.headers.get("Set-Cookie")), "HttpOnly; SameSite=Lax"));
  };
  const Page first = begin();
  expect_guarded(first);
  expect_guarded(sign_in(first.step));
}

TEST_F(SignInFlow, TwoTabsGoOnBesideEachOther) {
  const Page first = begin();
  const Page second = begin();
  const auto name_of = [](const std::string& cookie) { return cookie.substr(0, cookie.find('=')); };
  EXPECT_NE(name_of(first.step.cookie), name_of(second.step.cookie)) << "a browser keeps one of each name";
  const std::string cookies = first.step.cookie + "; " + second.step.cookie;
  EXPECT_EQ(sign_in({first.step.state, cookies}).response.status, 200);
  EXPECT_EQ(sign_in({second.step.state, cookies}).response.status, 200);
}

TEST_F(SignInFlow, CookiesOfOthersAreNotInTheWay) {
  const Page page = begin();
  const std::string name = page.step.cookie.substr(0, page.step.cookie.find('='));
  const std::string cookies = "a=\"b; " + name + "=tossed; " + page.step.cookie + "; " + name + "=tossed";
  EXPECT_EQ(sign_in({page.step.state, cookies}).response.status, 200);
}

TEST_F(SignInFlow, AWrongPasswordIsToldAsAnUnknownName) {
  const auto answer = [&](std::string_view name, std::string_view password) {
    const Page page = sign_in(begin().step, name, password);
    EXPECT_EQ(page.response.status, 403);
    return std::string(ops::testing::value_after(page.response.body, "role=\"alert\">"));
  };
  EXPECT_EQ(answer("ada", "wrong"), answer("nobody", "wrong"));
  put("User", "u2", R"(,"name":"ada","status":"active")");
  answer("ada", kPassword);  // two of one name: neither
}

// Where nothing can be hashed, whoever is not told so was not hashed for, and would have been answered sooner.
TEST_F(SignInFlow, ForAnUnknownNameAsMuchIsHashed) {
  put("User", "u2", R"(,"name":"without","status":"active")");
  put("User", "u3", R"(,"name":"away","status":"active")");
  ASSERT_TRUE(provider_->passwords().set("u3", kPassword).ok());
  turn_off("User", "u3");
  restart({}, Registration::off, {}, {}, {.running = 0, .waiting = 0});
  for (const char* name : {"ada", "nobody", "without", "away"}) {
    EXPECT_EQ(sign_in(begin().step, name, "wrong").response.status, 503) << name;
  }
}

TEST_F(SignInFlow, APasswordIsOfTheUserWhoHadIt) {
  put("User", "u1", R"(,"name":"ada","status":"active")");
  EXPECT_EQ(sign_in(begin().step).response.status, 200) << "changed is not deleted";
  ASSERT_EQ(server_.remove("/User/u1").status, 204);
  put("User", "u1", R"(,"name":"ada","status":"active")");
  put("User", "u1", R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"})");
  EXPECT_EQ(sign_in(begin().step).response.status, 403);
  ASSERT_TRUE(provider_->passwords().set("u1", kPassword).ok());
  EXPECT_EQ(sign_in(begin().step).response.status, 200);
}

TEST_F(SignInFlow, APasswordWithoutAVersionWasSetBeforeThereWasAUser) {
  const std::string stored = **server_.store->property("oauth.password.u1");
  store::WriteSet writes;
  writes.properties.emplace_back("oauth.password.u1", stored.substr(stored.find(':') + 1));
  ASSERT_TRUE(server_.store->commit(writes).ok());
  EXPECT_EQ(sign_in(begin().step).response.status, 200);
}

TEST_F(SignInFlow, ANewPasswordStopsWhatBeganWithTheOldOne) {
  const Step consent = sign_in(begin().step).step;
  const std::string on_its_way = code();
  ASSERT_TRUE(provider_->passwords().set("u1", "another password of hers").ok());
  EXPECT_EQ(decide(consent).status, 400);
  EXPECT_EQ(member(exchange(on_its_way), "error"), "invalid_grant");
}

TEST_F(SignInFlow, AllSessionsOfAUserCanBeEnded) {
  put("User", "u2", R"(,"name":"bob","status":"active")");
  Sessions sessions(server_.service, records_, server_.clock, server_.random);
  for (const std::string id : {"a", "b"}) ASSERT_TRUE(sessions.open({id, "app", "u1", VersionId{1}, {}, {}}).ok());
  ASSERT_TRUE(sessions.open({"c", "app", "u2", VersionId{1}, {}, {}}).ok());
  const auto password = *provider_->passwords().property_of("u1", "another password of hers");
  ops::Context context = server_.service.as_system();
  engine_->set_hook([](int) -> Status { return make_error(Category::unavailable, "the disk is full"); });
  EXPECT_FALSE(sessions.end_all_of(context, "u1", {password}).ok());
  EXPECT_NE(*sessions.running("a"), nullptr);
  EXPECT_TRUE(*provider_->passwords().check("u1", kPassword)) << "whole or not at all";
  engine_->set_hook([](int) { return kOk; });
  ASSERT_TRUE(sessions.end_all_of(context, "u1", {password}).ok());
  EXPECT_EQ(engine_->commits(), 1);
  EXPECT_FALSE(*provider_->passwords().check("u1", kPassword));
  EXPECT_EQ(*sessions.running("a"), nullptr);
  EXPECT_EQ(*sessions.running("b"), nullptr);
  EXPECT_NE(*sessions.running("c"), nullptr);
}

TEST_F(SignInFlow, WhoGuessesWaitsAndLocksNobodyOut) {
  for (std::uint32_t i = 0; i < identity::kFreeGuesses; ++i) {
    EXPECT_EQ(sign_in(begin().step, "ada", "wrong").response.status, 403);
  }
  const Page slowed = sign_in(begin().step, "ada", kPassword);
  EXPECT_EQ(slowed.response.status, 429);
  EXPECT_NE(slowed.response.headers.find("Retry-After"), nullptr);
  address_ = "192.0.2.2";
  EXPECT_EQ(sign_in(begin().step, "ada", kPassword).response.status, 200) << "from elsewhere";
}

TEST_F(SignInFlow, ADeviceIsKnownByThePasswordOfNow) {
  const std::string device = device_of(sign_in(begin().step));
  ASSERT_NE(device, "");
  for (std::uint32_t i = 0; i <= identity::kFreeGuesses; ++i) sign_in(begin().step, "ada", "wrong");
  EXPECT_EQ(sign_in(begin().step).response.status, 429);
  EXPECT_EQ(sign_in(on_device(begin().step, device)).response.status, 200) << "others do not slow it down";
  ASSERT_TRUE(provider_->passwords().set("u1", "another password of hers").ok());
  EXPECT_EQ(sign_in(on_device(begin().step, device), "ada", "another password of hers").response.status, 429);
}

TEST_F(SignInFlow, IsLoggedWithoutWhatWasTyped) {
  std::string lines;
  log::set_sink([&](std::string_view line) { lines.append(line) += "\n"; });
  sign_in(begin().step, "a name typed", "a password typed");
  for (std::uint32_t i = 1; i <= identity::kFreeGuesses; ++i) sign_in(begin().step, "a name typed", "wrong");
  sign_in(begin().step);
  ask(http::Method::get, kTokenPath, {});
  log::set_sink({});
  EXPECT_TRUE(
      contains(lines, R"("message":"sign-in refused","request_id":"request-7","reason":"wrong name or password")"))
      << lines;
  EXPECT_TRUE(contains(lines, R"("reason":"too many tries","client":"app","address":"192.0.2.1")"));
  EXPECT_TRUE(contains(lines, R"("message":"signed in","request_id":"request-7","user":"u1","client":"app")"));
  EXPECT_TRUE(contains(lines, R"("path":"/auth/sign-in","interaction":"oauth-sign-in","status":403)"));
  EXPECT_TRUE(contains(lines, R"("path":"/auth/token","interaction":"oauth-token","status":405)"));
  EXPECT_FALSE(contains(lines, "typed"));
  const std::string metrics = metrics_.render();
  EXPECT_TRUE(contains(metrics, R"(vesta_requests_total{interaction="oauth-sign-in",status="2xx"} 1)")) << metrics;
  EXPECT_TRUE(contains(metrics, R"(vesta_requests_total{interaction="oauth-sign-in",status="4xx"} 6)"));
}

TEST_F(SignInFlow, ADenialIsTold) {
  const http::Response back = decide(sign_in(begin().step).step, "deny");
  EXPECT_EQ(back.status, 303);
  EXPECT_EQ(of_location(back, "error"), "access_denied");
  EXPECT_EQ(of_location(back, "code"), "");
}

TEST_F(SignInFlow, ACodeIsTheClientsThatAskedForIt) {
  const auto refused = [&](const std::string& name, const std::string& value) {
    return member(post(kTokenPath, with(code_form(code()), name, value)), "error");
  };
  EXPECT_EQ(refused("code_verifier", std::string(43, 'x')), "invalid_grant");
  EXPECT_EQ(refused("code_verifier", ""), "invalid_grant");
  EXPECT_EQ(refused("redirect_uri", "https://evil.example/"), "invalid_grant");
  EXPECT_EQ(refused("code", "x"), "invalid_grant");
  Pairs other = with(code_form(code()), "client_id", "backend");
  other.emplace_back("client_secret", std::string(kSecret));
  EXPECT_EQ(member(post(kTokenPath, other), "error"), "invalid_grant");
  const std::string late = code();
  server_.clock.advance(kCodeLifetime);
  EXPECT_EQ(member(exchange(late), "error"), "invalid_grant");
}

TEST_F(SignInFlow, TheAddressNeedNotBeSentAgain) {
  EXPECT_EQ(post(kTokenPath, with(code_form(code()), "redirect_uri", std::nullopt)).status, 200);
}

TEST_F(SignInFlow, EveryScopeHasASentence) {
  const Page consent = sign_in(begin(authorization("fhirUser launch/patient")).step);
  EXPECT_TRUE(contains(consent.response.body,
                       "<li>know who you are in the health record</li><li>know which health record is yours</li>"));
  EXPECT_TRUE(contains(consent.response.body, "You then go back to <strong>app.example</strong>."));
}

TEST_F(SignInFlow, OthersNameThePatient) {
  put("User", "u3",
      R"(,"name":"grace","status":"active","fhirUser":{"reference":"Practitioner/g"},)"
      R"("policy":[{"reference":"AccessPolicy/provider"}])");
  put("Practitioner", "g", "");
  put("Patient", "cared", R"(,"generalPractitioner":[{"reference":"Practitioner/g"}])");
  ASSERT_TRUE(provider_->passwords().set("u3", kPassword).ok());
  const Page consent = sign_in(begin().step, "grace");
  EXPECT_TRUE(contains(consent.response.body, "name=\"patient\""));
  EXPECT_TRUE(contains(consent.response.body, "<li>know which patient you choose</li>"));
  EXPECT_TRUE(contains(consent.response.body, "in the health record of the patient whom you choose"));
  for (const std::string hidden : {"bob", "nobody", "", "a/b"}) {
    EXPECT_EQ(decide(consent.step, "allow", {{"patient", hidden}}).status, 403) << hidden;
  }
  const http::Response back = decide(consent.step, "allow", {{"patient", "cared"}});
  ASSERT_EQ(back.status, 303) << back.body;
  EXPECT_EQ(member(exchange(of_location(back, "code")), "patient"), "cared");
}

// Who the user is in the record, and which patients they are shown, are asked to choose from, and may choose.
class PatientChoiceFlow : public ProviderTest {
 protected:
  PatientChoiceFlow() {
    put("Patient", "ada", R"(,"name":[{"given":["Ada","King"],"family":"Lovelace"}],"birthDate":"1815-12-10")");
    put("Patient", "bob", R"(,"name":[{"text":"<Bob>"}])");
    put("Patient", "eve", "");
  }
  void be(const std::string& fhir_user, const std::string& policy = "patient") {
    put("User", "u1",
        R"(,"name":"ada","status":"active","fhirUser":{"reference":")" + fhir_user + R"("},)" +
            R"("policy":[{"reference":"AccessPolicy/)" + policy + R"("}])");
  }
  static std::string field(const std::string& id, const std::string& rest) {
    return "<input type=\"radio\" name=\"patient\" required value=\"" + id + "\"" + rest;
  }
  std::string patient_in(const http::Response& back) { return member(exchange(of_location(back, "code")), "patient"); }
};

TEST_F(PatientChoiceFlow, WhoActsForSomebodySeesWhom) {
  put("RelatedPerson", "r", R"(,"patient":{"reference":"Patient/bob"})");
  be("RelatedPerson/r");
  const Page consent = sign_in(begin().step);
  EXPECT_TRUE(contains(consent.response.body, field("bob", " checked>&lt;Bob&gt;</label>"))) << consent.response.body;
  EXPECT_FALSE(contains(consent.response.body, "Lovelace"));
  EXPECT_TRUE(contains(consent.response.body, "<li>know which patient you choose</li>"));
  for (const std::string other : {"ada", "eve", "nobody"}) {
    EXPECT_EQ(decide(consent.step, "allow", {{"patient", other}}).status, 403) << other;
  }
  EXPECT_EQ(decide(consent.step, "allow").status, 403) << "nobody was named";
  EXPECT_EQ(patient_in(decide(consent.step, "allow", {{"patient", "bob"}})), "bob");
}

TEST_F(PatientChoiceFlow, APatientMayChooseThoseForWhomTheyAct) {
  const Page alone = sign_in(begin().step);
  EXPECT_FALSE(contains(alone.response.body, "name=\"patient\"")) << "there is nobody else";
  put("RelatedPerson", "r", R"(,"patient":{"reference":"Patient/bob"})");
  put("Person", "p", R"(,"link":[{"target":{"reference":"Patient/ada"}},{"target":{"reference":"RelatedPerson/r"}}])");
  const Page consent = sign_in(begin().step);
  EXPECT_TRUE(contains(consent.response.body, field("ada", " checked>Ada King Lovelace, born 1815-12-10</label>")))
      << consent.response.body;
  EXPECT_TRUE(contains(consent.response.body, field("bob", ">&lt;Bob&gt;</label>")));
  EXPECT_EQ(decide(consent.step, "allow", {{"patient", "eve"}}).status, 403);
  EXPECT_EQ(patient_in(decide(consent.step, "allow", {{"patient", "bob"}})), "bob");
  EXPECT_EQ(patient_in(decide(consent.step)), "ada");
  EXPECT_FALSE(contains(sign_in(begin(authorization("openid user/*.rs")).step).response.body, "name=\"patient\""));
}

TEST_F(PatientChoiceFlow, WhoSeesManyTypesAnId) {
  put("Practitioner", "g", "");
  const auto care_for = [&](std::size_t number) {
    put("Patient", "p" + std::to_string(number), R"(,"generalPractitioner":[{"reference":"Practitioner/g"}])");
  };
  for (std::size_t i = 0; i < kMaxPatientChoices; ++i) care_for(i);
  be("Practitioner/g", "provider");
  const std::string all = sign_in(begin().step).response.body;
  EXPECT_TRUE(contains(all, field("p0", ">p0</label>"))) << "without a name it is the id";
  EXPECT_TRUE(contains(all, field("p" + std::to_string(kMaxPatientChoices - 1), ">")));
  care_for(kMaxPatientChoices);
  const Page consent = sign_in(begin().step);
  EXPECT_FALSE(contains(consent.response.body, "type=\"radio\""));
  EXPECT_TRUE(contains(consent.response.body, "<input id=\"patient\" name=\"patient\" required>"));
  EXPECT_EQ(patient_in(decide(consent.step, "allow", {{"patient", "p3"}})), "p3");
}

TEST_F(PatientChoiceFlow, ALongNameIsCutBetweenCharacters) {
  std::string name = "x";
  while (name.size() <= kMaxLabelBytes) name += "\u00e9";
  put("Patient", "ada", R"(,"name":[{"text":")" + name + R"("}])");
  put("RelatedPerson", "r", R"(,"patient":{"reference":"Patient/ada"})");
  be("RelatedPerson/r");
  EXPECT_TRUE(contains(sign_in(begin().step).response.body, ">" + name.substr(0, kMaxLabelBytes - 1) + "</label>"));
}

TEST_F(PatientChoiceFlow, APageThatNamesNobodyLeavesNoRecord) {
  const std::size_t before = records_of().size();
  sign_in(begin().step);  // of a patient who sees nobody else
  put("Practitioner", "g", "");
  for (std::size_t i = 0; i <= kMaxPatientChoices; ++i) {
    put("Patient", "p" + std::to_string(i), R"(,"generalPractitioner":[{"reference":"Practitioner/g"}])");
  }
  be("Practitioner/g", "provider");
  sign_in(begin().step);  // who sees too many types an id
  EXPECT_EQ(records_of(before, "choose-patient").size(), 0U);
}

TEST_F(PatientChoiceFlow, WhomThePageNamesIsRecorded) {
  put("RelatedPerson", "r", R"(,"patient":{"reference":"Patient/bob"})");
  be("RelatedPerson/r");
  const std::size_t before = records_of().size();
  sign_in(begin().step);
  const auto records = records_of(before, "choose-patient");
  ASSERT_EQ(records.size(), 1U);
  const audit::Record& record = records[0];
  EXPECT_EQ(record.user, "u1");
  EXPECT_EQ(record.client, "app");
  EXPECT_EQ(record.path, "/auth/sign-in");
  ASSERT_EQ(record.touched.size(), 1U);
  EXPECT_EQ(record.touched[0].id, "bob");
  EXPECT_EQ(record.touched[0].version, VersionId{2});
}

TEST_F(PatientChoiceFlow, WhomAPseudonymStandsForIsRecorded) {
  put("AccessPolicy", "research",
      R"(,"name":"research","status":"active","rule":[{"resourceType":["Patient"],)"
      R"("interaction":["read","search"],"deidentified":true}])");
  put("Practitioner", "g", "");
  be("Practitioner/g", "research");
  const std::size_t before = records_of().size();
  const Page consent = sign_in(begin().step);
  const std::string pseudonym = (*server_.service.deidentifiers.get())->pseudonyms().of_id("bob");
  EXPECT_TRUE(contains(consent.response.body, field(pseudonym, ">"))) << consent.response.body;
  const auto records = records_of(before, "choose-patient");
  ASSERT_EQ(records.size(), 1U);
  std::set<std::string> named;
  for (const audit::Touched& each : records[0].touched) named.insert(each.id);
  EXPECT_EQ(named, (std::set<std::string>{"ada", "bob", "eve"}));
}

}  // namespace
}  // namespace vesta::oauth
