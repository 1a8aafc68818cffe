// Clients that register themselves: what they may be, what they are told, and what they can do then.
#include "oauth/registration.h"

#include <gtest/gtest.h>

#include <string>

#include "oauth/answers.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;

// The metadata of a client with these members, and those that all must have.
std::string metadata(const std::string& more, const std::string& redirect_uri = "https://new.example/callback") {
  return R"({"redirect_uris":[")" + redirect_uri + R"("],"scope":"openid patient/*.rs")" + more + "}";
}

std::string error_of(std::string_view json) {
  const auto read = read_client_metadata(json);
  if (read.ok()) return "";
  return read.error().issues.empty() ? "other" : read.error().issues.front().code;
}

TEST(ClientMetadata, OfAnAddressWithTlsOrOnTheLoopback) {
  for (const std::string address : {"https://app.example/", "https://app.example:8443/callback?a=b",
                                    "http://127.0.0.1:1234/", "http://[::1]/a", "http://localhost/callback"}) {
    EXPECT_EQ(error_of(metadata("", address)), "") << address;
  }
  for (const std::string address :
       {"http://app.example/", "http://127.0.0.1.evil.example/", "http://localhost@evil.example/", "https://a@b/",
        "https://", "https:///a", "https://app.example/#a", "com.example.app:/callback", "javascript:alert(1)",
        "/callback", "", "https://app.example\\\\@evil.example/"}) {
    EXPECT_EQ(error_of(metadata("", address)), "invalid_redirect_uri") << address;
  }
  EXPECT_EQ(error_of(R"({"scope":"openid"})"), "invalid_redirect_uri");
  EXPECT_EQ(error_of(R"({"scope":"openid","redirect_uris":"https://app.example/"})"), "invalid_redirect_uri");
  EXPECT_EQ(error_of(R"({"scope":"openid","redirect_uris":[1]})"), "invalid_redirect_uri");
}

TEST(ClientMetadata, HasLimits) {
  const std::string start = "https://app.example/";
  const auto long_address = [&](std::size_t bytes) { return start + std::string(bytes - start.size(), 'a'); };
  EXPECT_EQ(error_of(metadata("", long_address(kMaxRedirectUriBytes))), "");
  EXPECT_EQ(error_of(metadata("", long_address(kMaxRedirectUriBytes + 1))), "invalid_redirect_uri");
  const auto many = [](std::size_t count) {
    std::string list = "\"https://app.example/0\"";
    for (std::size_t i = 1; i < count; ++i) list += ",\"https://app.example/" + std::to_string(i) + "\"";
    return R"({"scope":"openid","redirect_uris":[)" + list + "]}";
  };
  EXPECT_EQ(error_of(many(kMaxRedirectUris)), "");
  EXPECT_EQ(error_of(many(kMaxRedirectUris + 1)), "invalid_redirect_uri");
  const auto named = [](std::size_t bytes) { return metadata(R"(,"client_name":")" + std::string(bytes, 'n') + '"'); };
  EXPECT_EQ(error_of(named(kMaxClientNameBytes)), "");
  EXPECT_EQ(error_of(named(kMaxClientNameBytes + 1)), "invalid_client_metadata");
  const auto padded = [](std::size_t bytes) {
    const std::string text = metadata(R"(,"logo_uri":"")");
    return text + std::string(bytes - text.size(), ' ');
  };
  EXPECT_EQ(error_of(padded(kMaxRegistrationBytes)), "");
  EXPECT_EQ(error_of(padded(kMaxRegistrationBytes + 1)), "other");
  const auto scoped = [](std::size_t bytes) {
    const std::string scope = "openid ";
    return R"({"redirect_uris":["https://app.example/"],"scope":")" + scope + std::string(bytes - scope.size(), 'x') +
           "\"}";
  };
  EXPECT_EQ(error_of(scoped(kMaxScopeListBytes)), "");
  EXPECT_EQ(error_of(scoped(kMaxScopeListBytes + 1)), "invalid_client_metadata");
}

TEST(ClientMetadata, SaysHowItIsTold) {
  for (const char* more : {R"(,"token_endpoint_auth_method":"tls_client_auth")",
                           R"(,"token_endpoint_auth_method":7)",
                           R"(,"token_endpoint_auth_method":"private_key_jwt")",
                           R"(,"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example/jwks")",
                           R"(,"jwks_uri":"https://app.example/jwks")",
                           R"(,"token_endpoint_auth_method":"none","jwks_uri":"http://127.0.0.1/jwks")",
                           R"(,"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[]})",
                           R"(,"token_endpoint_auth_method":"none","jwks":{"keys":[]})",
                           R"(,"grant_types":["client_credentials"])",
                           R"(,"grant_types":["authorization_code","implicit"])",
                           R"(,"grant_types":["refresh_token"])",
                           R"(,"response_types":["token"])",
                           R"(,"client_name":"two\nlines")",
                           R"(,"client_name":" a")",
                           R"(,"client_name":["a"])",
                           R"(,"client_name":"a\u007fb")",
                           R"(,"client_name":"a\u200bb")",
                           R"(,"client_name":"a\u200fb")",
                           R"(,"client_name":"a\u202eb")",
                           R"(,"client_name":"a\u2066b")",
                           R"(,"client_name":"a\u2028b")",
                           R"(,"client_name":"a\u0085b")",
                           R"(,"client_name":"a\ufeffb")"}) {
    EXPECT_EQ(error_of(metadata(more)), "invalid_client_metadata") << more;
  }
  const std::string in_place =
      R"(,"token_endpoint_auth_method":"private_key_jwt","jwks":)" + identity::write_jwks(identity::public_keys());
  EXPECT_EQ(error_of(metadata(in_place)), "");
  EXPECT_EQ(error_of(metadata(in_place + R"(,"jwks_uri":"https://app.example/jwks")")), "invalid_client_metadata")
      << "the server would fetch what anybody says";
  EXPECT_EQ(error_of("[]"), "invalid_client_metadata");
  EXPECT_EQ(error_of("{"), "invalid_client_metadata");
  const auto read = read_client_metadata(metadata(R"(,"contacts":["a@b.example"],"software_id":"x")"));
  ASSERT_TRUE(read.ok()) << "what is not known is passed over";
  EXPECT_EQ(read->name, "new.example");
  EXPECT_EQ(error_of(metadata(R"(,"client_name":"Praxis M\u00fcller \u2013 \u5065\u5eb7 1+1")")), "");
  EXPECT_EQ(read->authentication, "client_secret_basic");
  EXPECT_EQ(read->grant_types, std::vector<std::string>{"authorization_code"});
}

TEST(ClientMetadata, NeverActsForItself) {
  const auto scopes = [](const std::string& list, const std::string& more = "") {
    const auto read =
        read_client_metadata(R"({"redirect_uris":["https://app.example/"],"scope":")" + list + "\"" + more + "}");
    return read.ok() ? joined(read->scopes) : read.error().issues.front().code;
  };
  EXPECT_EQ(scopes("system/*.rs"), "invalid_client_metadata");
  EXPECT_EQ(scopes("patient/*.rs system/Patient.read"), "invalid_client_metadata");
  EXPECT_EQ(scopes("patient/*.rs user/Observation.rs openid nonsense"), "patient/*.rs user/Observation.rs openid");
  EXPECT_EQ(scopes("nonsense"), "invalid_client_metadata");
  EXPECT_EQ(scopes("launch start-launch"), "launch") << "nor may it launch others";
  EXPECT_EQ(scopes(""), "invalid_client_metadata");
  EXPECT_EQ(scopes("openid offline_access"), "openid") << "without the grant there is no refreshing";
  EXPECT_EQ(scopes("openid offline_access", R"(,"grant_types":["authorization_code","refresh_token"])"),
            "openid offline_access");
}

class ClientRegistration : public ProviderTest {
 protected:
  ClientRegistration() { restart({}, Registration::on); }

  http::Response send(const std::string& body, const std::string& type = "application/json") {
    http::Request request;
    request.method = http::Method::post;
    request.path = kRegistrationPath;
    request.remote_address = address_;
    request.headers.add("Content-Type", type);
    request.body = body;
    return *provider_->handle(request);
  }
};

TEST_F(ClientRegistration, IsThereWhereItIsSwitchedOn) {
  const auto discovery = [&] { return ask(http::Method::get, kServerMetadataPath, {}).body; };
  EXPECT_TRUE(contains(discovery(), R"("registration_endpoint":"http://test/auth/register")"));
  restart();
  EXPECT_FALSE(contains(discovery(), "registration_endpoint"));
  http::Request request;
  request.method = http::Method::post;
  request.path = kRegistrationPath;
  EXPECT_FALSE(provider_->handle(request).has_value());
}

TEST_F(ClientRegistration, APublicClientSignsUsersIn) {
  const http::Response made =
      send(R"({"redirect_uris":[")" + std::string(kRedirect) +
           R"("],"client_name":"Newcomer","token_endpoint_auth_method":"none","scope":"launch/patient patient/*.rs"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.headers.get("Cache-Control"), "no-store");
  EXPECT_FALSE(contains(made.body, "client_secret"));
  const std::string id = member(made, "client_id");
  const auto client = *records_.client(id);
  ASSERT_NE(client, nullptr);
  EXPECT_TRUE(client->is_self_registered);
  EXPECT_TRUE(client->policies.empty());
  const Page name_page = begin(with(authorization(), "client_id", id));
  EXPECT_TRUE(contains(name_page.response.body, "has registered itself")) << "before a password is typed";
  EXPECT_FALSE(contains(begin().response.body, "has registered itself"));
  const Page consent = sign_in(name_page.step);
  EXPECT_TRUE(contains(consent.response.body, "has registered itself"));
  const std::string given = of_location(decide(consent.step), "code");
  const http::Response tokens = post(kTokenPath, with(code_form(given), "client_id", id));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(member(tokens, "scope"), "launch/patient patient/*.rs") << "and no more than it has registered";
  turn_off("Client", id);
  EXPECT_FALSE(bearer(member(tokens, "access_token")).ok()) << "an administrator ends it as any other";
  const auto records = records_of(0, "register");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].client, id);
  EXPECT_EQ(records[0].status, 201);
}

TEST_F(ClientRegistration, OneWithASecretOrKeysProvesWhoItIs) {
  const http::Response made = send(metadata(""));
  const std::string secret = member(made, "client_secret");
  ASSERT_NE(secret, "");
  EXPECT_TRUE(contains(made.body, R"("client_secret_expires_at":0)"));
  const auto revoke = [&](const std::string& with_secret) {
    return post(kRevocationPath,
                {{"client_id", member(made, "client_id")}, {"client_secret", with_secret}, {"token", "x"}});
  };
  EXPECT_EQ(revoke(secret).status, 200);
  EXPECT_EQ(revoke("wrong").status, 401);
  const http::Response keyed =
      send(metadata(R"(,"token_endpoint_auth_method":"private_key_jwt","jwks":)" + public_keys_text()));
  ASSERT_EQ(keyed.status, 201) << keyed.body;
  EXPECT_TRUE(contains(keyed.body, R"("jwks":{"keys")"));
  EXPECT_EQ((*records_.client(member(keyed, "client_id")))->jwks, public_keys_text());
  const http::Response itself = post(kTokenPath, {{"grant_type", "client_credentials"},
                                                  {"client_id", member(made, "client_id")},
                                                  {"client_secret", secret},
                                                  {"scope", "system/*.rs"}});
  EXPECT_EQ(member(itself, "error"), "invalid_scope") << "it acts for users alone";
  for (const audit::Record& record : records_of()) EXPECT_EQ(audit::head_text(record).find(secret), std::string::npos);
}

TEST_F(ClientRegistration, WhatIsWrongIsSaid) {
  const http::Response refused = send(metadata("", "http://evil.example/"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(member(refused, "error"), "invalid_redirect_uri");
  EXPECT_EQ(member(send("{}", "text/plain"), "error"), "invalid_client_metadata");
  EXPECT_EQ(ask(http::Method::get, kRegistrationPath, {}).status, 405);
}

TEST_F(ClientRegistration, FillsNoStore) {
  for (std::size_t i = 0; i < kMaxRegistrationsOfAddress; ++i) EXPECT_EQ(send(metadata("")).status, 201);
  const http::Response refused = send(metadata(""));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.get("Retry-After"), "3600");
}

TEST_F(ClientRegistration, WhatIsRefusedTakesNoPlaceOfOthers) {
  for (std::size_t i = 0; i <= kMaxRegistrations; ++i) {
    address_ = "10.0.0." + std::to_string(i);
    EXPECT_EQ(send("{}").status, 400);
  }
  EXPECT_EQ(send(metadata("")).status, 201);
}

TEST(RegistrationLimits, EndWithTheirHour) {
  struct HourClock : ops::testing::TestClock {
    std::chrono::steady_clock::time_point monotonic() override { return at; }
    std::chrono::steady_clock::time_point at{std::chrono::hours(100)};
  } clock;
  RegistrationLimit limit(clock);
  for (std::size_t i = 0; i < kMaxRegistrationsOfAddress; ++i) EXPECT_TRUE(limit.admit("192.0.2.1").ok());
  EXPECT_EQ(limit.admit("192.0.2.1").error().category, Category::throttled);
  EXPECT_TRUE(limit.admit("10.0.1.1").ok());
  for (std::size_t i = 0; i < kMaxRegistrations; ++i) EXPECT_TRUE(limit.admit_client().ok());
  EXPECT_EQ(limit.admit_client().error().category, Category::throttled);
  clock.at += kRegistrationWindow;
  EXPECT_TRUE(limit.admit_client().ok());
  EXPECT_TRUE(limit.admit("192.0.2.1").ok());
}

}  // namespace
}  // namespace vesta::oauth
