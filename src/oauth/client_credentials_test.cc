// Clients that act for themselves: secrets, assertions, scopes, introspection, and forged tokens.
#include <gtest/gtest.h>

#include "base/log.h"
#include "identity/client_assertion.h"
#include "identity/jwks.h"
#include "oauth/answers.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

class ClientCredentials : public ProviderTest {
 protected:
  identity::Claims assertion_claims(const std::string& id = "a1") {
    identity::Claims claims;
    claims.issuer = "backend";
    claims.subject = "backend";
    claims.audiences = {"http://test/auth/token"};
    claims.expires_at = {server_.clock.now().value + 120'000'000};
    claims.id = id;
    return claims;
  }
  http::Response present(const std::string& assertion) {
    return post(kTokenPath, {{"grant_type", "client_credentials"},
                             {"client_assertion_type", std::string(identity::kClientAssertionType)},
                             {"client_assertion", assertion},
                             {"scope", "system/Patient.rs"}});
  }
  std::string sign(const identity::Claims& claims) {
    return identity::sign_jwt(*identity::signing_keys().front(), "JWT", claims);
  }
  std::string token() { return member(post(kTokenPath, secret_form()), "access_token"); }
};

TEST_F(ClientCredentials, ASecretGivesATokenOfTheClientsPolicies) {
  const http::Response response = post(kTokenPath, secret_form("system/*.rs openid user/*.rs"));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
  EXPECT_EQ(member(response, "token_type"), "Bearer");
  EXPECT_EQ(member(response, "scope"), "system/*.rs") << "nobody has signed in";
  const auto principal = bearer(member(response, "access_token"));
  ASSERT_TRUE(principal.ok()) << principal.error().message;
  EXPECT_EQ(principal->client, "backend");
  EXPECT_EQ(principal->policies, std::vector<std::string>{"backend"});
  EXPECT_EQ(principal->scopes, std::vector<std::string>{"system/*.rs"});
  EXPECT_EQ(principal->fhir_user, "");
}

TEST_F(ClientCredentials, TheSecretMayStandInTheHeader) {
  Pairs form{{"grant_type", "client_credentials"}, {"scope", "system/*.rs"}};
  const std::string secret = http::percent_encode(kSecret);
  const std::string header = "Basic " + encode_base64("backend:" + secret, Base64::standard);
  EXPECT_EQ(post(kTokenPath, form, {{"Authorization", header}}).status, 200);
  EXPECT_EQ(post(kTokenPath, form, {{"Authorization", "Basic !"}}).status, 401);
  const http::Response both = post(kTokenPath, secret_form(), {{"Authorization", header}});
  EXPECT_EQ(member(both, "error"), "invalid_request") << "two ways at once";
}

TEST_F(ClientCredentials, ASecretInTheHeaderMayStandThereAsItIs) {
  const auto status = [&](const std::string& secret) {
    const std::string header = "Basic " + encode_base64("raw:" + secret, Base64::standard);
    return post(kTokenPath, {{"grant_type", "client_credentials"}, {"scope", "system/*.rs"}},
                {{"Authorization", header}})
        .status;
  };
  // The first could have been encoded by a form, the second could not.
  for (const std::string secret : {"a+b%41", "a+b%c"}) {
    put("Client", "raw",
        R"(,"name":"Raw","status":"active","scope":["system/*.rs"],"secretDigest":[")" +
            identity::digest_of_secret(secret) + "\"]");
    EXPECT_EQ(status(secret), 200) << secret;
    EXPECT_EQ(status(http::percent_encode(secret)), 200) << secret;
    EXPECT_EQ(status("a bA"), 401);
    EXPECT_EQ(status("%"), 401);
  }
}

TEST_F(ClientCredentials, WhatIsWrongIsRefusedByOneWord) {
  const auto refused = [&](const Pairs& form) {
    const http::Response response = post(kTokenPath, form);
    EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
    return std::to_string(response.status) + " " + member(response, "error");
  };
  const Pairs good = secret_form();
  EXPECT_EQ(refused(with(good, "client_secret", "another")), "401 invalid_client");
  EXPECT_EQ(refused(with(good, "client_id", "nobody")), "401 invalid_client");
  EXPECT_EQ(refused(with(good, "client_secret", std::nullopt)), "401 invalid_client");
  EXPECT_EQ(refused(with(with(good, "client_secret", std::nullopt), "client_id", "app")), "401 invalid_client")
      << "a public client acts for nobody but its users";
  EXPECT_EQ(refused(with(good, "scope", "user/*.rs")), "400 invalid_scope");
  EXPECT_EQ(refused(with(good, "scope", std::nullopt)), "400 invalid_request");
  EXPECT_EQ(refused(with(good, "grant_type", "password")), "400 unsupported_grant_type");
  Pairs twice = good;
  twice.emplace_back("scope", "system/*.cruds");
  EXPECT_EQ(refused(twice), "400 invalid_request");
  EXPECT_EQ(post(kTokenPath, {{"grant_type", std::string(kMaxFormBytes, 'x')}}).status, 413);
  EXPECT_EQ(post(kTokenPath, {{"grant_type", std::string(kMaxFormBytes - 11, 'x')}}).status, 400);
  EXPECT_EQ(ask(http::Method::get, kTokenPath, good).status, 405);
  turn_off("Client", "backend");
  EXPECT_EQ(refused(good), "401 invalid_client");
}

TEST_F(ClientCredentials, AQuotationMarkInAScopeHidesNoOther) {
  const http::Response response = post(kTokenPath, secret_form("system/Patient.rs?name=\" system/Observation.rs \""));
  EXPECT_EQ(member(response, "scope"), "system/Observation.rs");
}

TEST_F(ClientCredentials, ATokenHasRoomForItsScopes) {
  const auto of_size = [](std::size_t count) {
    std::string scopes;
    for (std::size_t i = 0; i < count; ++i) {
      scopes.append(i == 0 ? "" : " ")
          .append("system/Observation.rs?code=" + std::to_string(i) + std::string(170, 'x'));
    }
    return scopes;
  };
  const http::Response fits = post(kTokenPath, secret_form(of_size(20)));
  ASSERT_EQ(fits.status, 200) << fits.body;
  EXPECT_TRUE(bearer(member(fits, "access_token")).ok());
  EXPECT_EQ(member(post(kTokenPath, secret_form(of_size(60))), "error"), "invalid_scope");
}

TEST_F(ClientCredentials, AnAssertionIsUsedOnce) {
  const std::string assertion = sign(assertion_claims());
  EXPECT_EQ(present(assertion).status, 200);
  EXPECT_EQ(member(present(assertion), "error"), "invalid_client");
  restart();
  EXPECT_EQ(member(present(assertion), "error"), "invalid_client") << "remembered in the store";
  EXPECT_EQ(present(sign(assertion_claims("a2"))).status, 200);
}

TEST_F(ClientCredentials, AssertionsOfOthersAreRefused) {
  identity::Claims elsewhere = assertion_claims();
  elsewhere.audiences = {"https://elsewhere.example/token"};
  EXPECT_EQ(present(sign(elsewhere)).status, 401);
  identity::Claims expired = assertion_claims();
  expired.expires_at = {server_.clock.now().value - 61'000'000};
  EXPECT_EQ(present(sign(expired)).status, 401);
  const identity::Jwk stranger = identity::Jwk::generate(identity::Algorithm::es256);
  EXPECT_EQ(present(identity::sign_jwt(stranger, "JWT", assertion_claims())).status, 401);
  EXPECT_EQ(present("a.b.c").status, 401);
  identity::Claims of_app = assertion_claims();
  of_app.issuer = of_app.subject = "app";
  EXPECT_EQ(present(sign(of_app)).status, 401) << "a client without keys";
}

TEST_F(ClientCredentials, ForgedTokensOpenNothing) {
  const std::string good = token();
  ASSERT_TRUE(bearer(good).ok());
  const std::size_t first = good.find('.');
  const std::size_t second = good.find('.', first + 1);
  const std::string payload = good.substr(first, second - first);
  std::string none;
  append_base64url(R"({"alg":"none","typ":"at+jwt"})", none);
  EXPECT_FALSE(bearer(none + payload + ".").ok());
  std::string other_payload;
  append_base64url(R"({"iss":"http://test","aud":"http://test/fhir","exp":9999999999,"client_id":"backend"})",
                   other_payload);
  EXPECT_FALSE(bearer(good.substr(0, first + 1) + other_payload + good.substr(second)).ok()) << "another's signature";

  const auto claims = identity::read_claims(*decode_base64url(payload.substr(1)));
  ASSERT_TRUE(claims.ok());
  const identity::Jwk stranger = identity::Jwk::generate(identity::Algorithm::es256);
  EXPECT_FALSE(bearer(identity::sign_jwt(stranger, "at+jwt", *claims)).ok()) << "an unknown key";
  EXPECT_FALSE(bearer(std::string(identity::kMaxJwtBytes + 1, 'x')).ok());
  server_.clock.advance(kClientTokenLifetime - std::chrono::seconds(1));
  EXPECT_TRUE(bearer(good).ok());
  server_.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(bearer(good).error().category, Category::unauthenticated) << "expired";
}

TEST_F(ClientCredentials, WhoIsTurnedOffIsOutAtOnce) {
  const std::string good = token();
  ASSERT_TRUE(bearer(good).ok());
  turn_off("Client", "backend");
  EXPECT_EQ(bearer(good).error().category, Category::unauthenticated);
}

TEST_F(ClientCredentials, TokensOutliveARestart) {
  const std::string good = token();
  restart();
  EXPECT_TRUE(bearer(good).ok());
  EXPECT_TRUE(bearer(token()).ok());
}

TEST_F(ClientCredentials, AClockThatGoesBackStopsNothing) {
  server_.clock.advance(-std::chrono::hours(1));
  EXPECT_TRUE(bearer(token()).ok());
}

TEST_F(ClientCredentials, KeysFollowOneAnother) {
  const auto published = [&] { return identity::parse_jwks(ask(http::Method::get, kKeysPath, {}).body)->size(); };
  EXPECT_EQ(published(), 2u) << "one of each algorithm";
  server_.clock.advance(kSigningKeyAge);
  const std::string before = token();  // of the old key: the new one is announced
  EXPECT_EQ(published(), 3u);
  server_.clock.advance(std::chrono::duration_cast<std::chrono::microseconds>(identity::kAnnouncement) -
                        std::chrono::minutes(11));
  EXPECT_TRUE(bearer(token()).ok());
  server_.clock.advance(std::chrono::minutes(11));
  const std::string after = token();
  EXPECT_TRUE(bearer(after).ok());
  EXPECT_NE(before.substr(0, before.find('.')), after.substr(0, after.find('.'))) << "another kid";
}

TEST_F(ClientCredentials, ATokenCanBeLookedInto) {
  const auto look = [&](const std::string& token, std::string_view secret) {
    return post(kIntrospectionPath,
                {{"client_id", "backend"}, {"client_secret", std::string(secret)}, {"token", token}});
  };
  const std::string good = token();
  const http::Response active = look(good, kSecret);
  EXPECT_TRUE(ops::testing::contains(active.body, R"("active":true)")) << active.body;
  EXPECT_EQ(member(active, "scope"), "system/*.rs");
  EXPECT_EQ(look("nonsense", kSecret).body, R"({"active":false})");
  EXPECT_EQ(look(good, "wrong").status, 401);
  EXPECT_EQ(member(active, "sub"), "Client/backend") << "no user has this id";
}

TEST_F(ClientCredentials, TheirTokensCannotBeRevoked) {
  const std::string good = token();
  const Pairs form = with(secret_form(), "token", good);
  EXPECT_EQ(member(post(kRevocationPath, form), "error"), "unsupported_token_type");
  EXPECT_TRUE(bearer(good).ok());
}

TEST_F(ClientCredentials, OneAuthorizationIsEnough) {
  const std::string basic = "Basic " + encode_base64("backend:" + std::string(kSecret), Base64::standard);
  const Pairs form{{"grant_type", "client_credentials"}, {"scope", "system/*.rs"}};
  const http::Response refused = post(kTokenPath, form, {{"Authorization", basic}, {"authorization", basic}});
  EXPECT_EQ(member(refused, "error"), "invalid_request");
  http::Request request;
  const std::string good = "Bearer " + token();
  request.headers.add("Authorization", good);
  const auto is_admitted = [&] { return provider_->admit(request, [](const access::Principal&) { return kOk; }).ok(); };
  EXPECT_TRUE(is_admitted());
  request.headers.add("authorization", good);
  EXPECT_FALSE(is_admitted());
}

// What a connection has brought before is remembered, in test_support.h too.
TEST_F(ClientCredentials, ATokenThatComesAgainIsJudgedAgain) {
  const std::string good = token();
  const std::string other = token();
  std::string forged = good;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_TRUE(bearer(good).ok());
  EXPECT_FALSE(bearer(forged).ok());
  EXPECT_TRUE(bearer(good).ok());
  EXPECT_TRUE(bearer(other).ok());
  constexpr std::chrono::milliseconds kHalf{500};
  static_assert(kHalf < kVerifiedAge);
  server_.clock.advance(kClientTokenLifetime - kHalf);
  EXPECT_TRUE(bearer(good).ok());
  server_.clock.advance(kHalf);
  EXPECT_FALSE(bearer(good).ok()) << "it was good a moment ago, and has expired";
}

TEST_F(ClientCredentials, WhatFailsInsideIsLoggedAndNotTold) {
  const Error inside{Category::invalid, "secret", {{Severity::error, "structure", "inside", "Client.name"}}};
  const http::Response response = error_answer(inside);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, R"({"error":"server_error","error_description":"Something went wrong on our side."})");
  EXPECT_EQ(error_answer(make_error(Category::busy, "secret")).status, 503);
  EXPECT_EQ(error_answer(oauth_error(kInvalidGrant, "Why.")).body,
            R"({"error":"invalid_grant","error_description":"Why."})");

  store::WriteSet writes;
  writes.properties.emplace_back("oauth.password.u1", "1:damaged");
  ASSERT_TRUE(server_.store->commit(writes).ok());
  std::string lines;
  log::set_sink([&](std::string_view line) { lines += line; });
  const Page page = sign_in(begin().step);
  log::set_sink({});
  EXPECT_EQ(page.response.status, 500);
  EXPECT_FALSE(ops::testing::contains(page.response.body, "hashed"));
  EXPECT_TRUE(ops::testing::contains(lines, "a stored password is not hashed as it should be")) << lines;
}

TEST_F(ClientCredentials, NoSecretIsLogged) {
  std::string lines;
  log::set_sink([&](std::string_view line) { lines += line; });
  const std::string good = token();
  post(kTokenPath, with(secret_form(), "client_secret", "a guessed secret"));
  log::set_sink({});
  EXPECT_NE(lines.find("wrong secret"), std::string::npos);
  for (const std::string& secret : {good, std::string(kSecret), std::string("a guessed secret")}) {
    EXPECT_EQ(lines.find(secret), std::string::npos);
  }
}

TEST_F(ClientCredentials, DiscoveryNamesWhatThereIs) {
  const http::Response smart = ask(http::Method::get, "/fhir/.well-known/smart-configuration", {});
  EXPECT_EQ(member(smart, "token_endpoint"), "http://test/auth/token");
  EXPECT_EQ(member(smart, "authorization_endpoint"), "http://test/auth/authorize");
  const http::Response metadata = ask(http::Method::get, kOpenIdConfigurationPath, {});
  EXPECT_EQ(member(metadata, "issuer"), "http://test");
  EXPECT_TRUE(ops::testing::contains(metadata.body, R"("request_uri_parameter_supported":false)"));
  const http::Response keys = ask(http::Method::get, kKeysPath, {});
  ASSERT_TRUE(identity::parse_jwks(keys.body).ok()) << keys.body;
  EXPECT_EQ(keys.body.find("\"d\""), std::string::npos) << "a private part";
}

}  // namespace
}  // namespace vesta::oauth
