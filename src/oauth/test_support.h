// For the tests of this module: a server with access control on, whose endpoints are asked without sockets.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/grants.h"
#include "access/records.h"
#include "audit/record.h"
#include "audit/test_support.h"
#include "identity/jwks.h"
#include "identity/jwt.h"
#include "identity/pkce.h"
#include "identity/test_keys.h"
#include "identity/tokens.h"
#include "json/document.h"
#include "oauth/answers.h"
#include "oauth/provider.h"
#include "ops/own_writes.h"
#include "ops/test_support.h"

namespace vesta::oauth {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline std::string encoded(const Pairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    out.append(out.empty() ? "" : "&").append(name).append("=").append(http::percent_encode(value));
  }
  return out;
}

inline std::string member(const http::Response& response, std::string_view name) {
  const auto value = json::parse_value(response.body);
  return value.ok() ? std::string(member_text(*value, name)) : std::string();
}

// A parameter of the address that a response leads to.
inline std::string of_location(const http::Response& response, std::string_view name) {
  const std::string_view location = response.headers.get("Location");
  const auto parameters = http::parse_query(location.substr(location.find('?') + 1));
  if (!parameters) return {};
  for (const http::Parameter& each : *parameters) {
    if (each.name == name) return each.value;
  }
  return {};
}

// A store whose commits can be made to fail, by `out`.
inline std::unique_ptr<store::Store> hooked(ops::testing::HookedStore*& out) {
  auto engine = std::make_unique<ops::testing::HookedStore>(store::memory::open(ops::testing::registry()),
                                                            [](int) { return kOk; });
  out = engine.get();
  return engine;
}

// A client "backend" with a secret and a key, an app "app" without either, and the user "ada", who is a Patient.
class ProviderTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kSecret = "the secret of the client, which a test may know";
  static constexpr std::string_view kPassword = "correct horse battery staple";
  static constexpr identity::PasswordParameters kQuickPasswords{64, 1, 1};  // nobody guesses these
  static constexpr std::string_view kRedirect = "https://app.example/callback";
  static constexpr std::string_view kVerifier = "a-verifier-of-forty-three-characters-or-more";

  ProviderTest() : records_(*server_.store, fhir::r4()) {
    server_.sources.serve(server_.service);
    grants_.emplace(*server_.store, ops::testing::registry(), server_.clock, server_.service.base_url, records_,
                    nullptr, nullptr, &server_.service.deidentifiers);
    restart();
    EXPECT_TRUE(ops::add_shipped_policies(server_.service).ok());
    put("Client", "backend",
        R"(,"name":"Backend","status":"active","scope":["system/*.cruds"],)"
        R"("policy":[{"reference":"AccessPolicy/backend"}])"
        R"(,"secretDigest":[")" +
            identity::digest_of_secret(kSecret) + "\"],\"jwks\":" + quoted(public_keys_text()));
    put("Client", "app",
        R"(,"name":"<App> & Co","status":"active","redirectUri":[")" + std::string(kRedirect) +
            R"("],"scope":["openid","fhirUser","launch/patient","offline_access","patient/*.rs","user/*.rs"])");
    put("User", "u1",
        R"(,"name":"ada","status":"active","fhirUser":{"reference":"Patient/ada"},)"
        R"("policy":[{"reference":"AccessPolicy/patient"}])");
    put("Patient", "ada", "");
    put("Patient", "bob", "");
    EXPECT_TRUE(provider_->passwords().set("u1", kPassword).ok());
  }

  // As another process would begin on the same store.
  void restart(audit::TrailLimits limits = {}, Registration registration = Registration::off, Fetch fetch = {},
               std::optional<ExternalSettings> external = {}, identity::HashGateLimits hashes = {}) {
    trail_.emplace(*server_.store, nullptr, limits);
    provider_.emplace(server_.service, *server_.store, records_, *grants_, server_.clock, server_.random, &*trail_,
                      &metrics_,
                      ProviderSettings{.access_log = ops::AccessLog::on,
                                       .registration = registration,
                                       .fetch = std::move(fetch),
                                       .external = std::move(external),
                                       .passwords = kQuickPasswords,
                                       .hashes = hashes});
    ASSERT_TRUE(provider_->load().ok());
  }

  static std::string quoted(std::string_view text) {
    std::string out;
    json::append_value(oauth::text(text), out);
    return out;
  }
  static std::string public_keys_text() { return identity::write_jwks(identity::public_keys()); }

  void put(const std::string& type, const std::string& id, const std::string& rest) {
    const http::Response response =
        server_.put("/" + type + "/" + id, R"({"resourceType":")" + type + R"(","id":")" + id + "\"" + rest + "}");
    ASSERT_LT(response.status, 300) << response.body;
  }
  void turn_off(const std::string& type, const std::string& id) {
    const http::Response now = server_.get("/" + type + "/" + id);
    std::string text = now.body;
    const std::size_t at = text.find(R"("status":"active")");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 17, R"("status":"off")");
    ASSERT_EQ(server_.put("/" + type + "/" + id, text).status, 200);
  }

  http::Response ask(http::Method method, std::string_view path, const Pairs& form, const Pairs& headers = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.remote_address = address_;
    request.id = "request-7";
    if (method == http::Method::post) {
      request.headers.add("Content-Type", "application/x-www-form-urlencoded");
      request.body = encoded(form);
    } else {
      request.query = encoded(form);
    }
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    auto response = provider_->handle(request);
    EXPECT_TRUE(response.has_value()) << path;
    return std::move(*response);
  }
  http::Response post(std::string_view path, const Pairs& form, const Pairs& headers = {}) {
    return ask(http::Method::post, path, form, headers);
  }

  Result<access::Principal> bearer(std::string_view token) {
    http::Request request;
    request.headers.add("Authorization", "Bearer " + std::string(token));
    request.kept = &kept_;  // as all of one connection
    VESTA_TRY(const Admitted admitted, provider_->admit(request, [](const access::Principal&) { return kOk; }));
    return *admitted.principal;
  }

  Pairs secret_form(const std::string& scope = "system/*.rs") const {
    return {{"grant_type", "client_credentials"},
            {"client_id", "backend"},
            {"client_secret", std::string(kSecret)},
            {"scope", scope}};
  }

  // The pages, one after the other, as a browser goes through them.
  struct Step {
    std::string state;   // the hidden field
    std::string cookie;  // of the flow
  };
  struct Page {
    http::Response response;
    Step step;
  };
  static Page page_of(http::Response response) {
    Page page{std::move(response), {}};
    page.step.state = ops::testing::value_after(page.response.body, R"(name="state" value=")");
    for (const auto& [name, value] : page.response.headers.fields()) {
      if (name == "Set-Cookie" && value.starts_with("vesta_flow_")) page.step.cookie = value.substr(0, value.find(';'));
    }
    return page;
  }
  // The cookie by which the browser is known after a sign-in; empty: none was set.
  static std::string device_of(const Page& page) {
    for (const auto& [name, value] : page.response.headers.fields()) {
      if (name == "Set-Cookie" && value.starts_with("vesta_device=")) return value.substr(0, value.find(';'));
    }
    return {};
  }
  static Step on_device(Step step, const std::string& device) {
    step.cookie += "; " + device;
    return step;
  }
  static Pairs authorization(const std::string& scope = "openid fhirUser launch/patient patient/*.rs") {
    return {{"response_type", "code"},
            {"client_id", "app"},
            {"redirect_uri", std::string(kRedirect)},
            {"scope", scope},
            {"state", "s&1"},
            {"nonce", "n-1"},
            {"aud", "http://test/fhir"},
            {"code_challenge", identity::code_challenge_of(kVerifier)},
            {"code_challenge_method", "S256"}};
  }
  static Pairs with(Pairs pairs, const std::string& name, std::optional<std::string> value) {
    std::erase_if(pairs, [&](const auto& each) { return each.first == name; });
    if (value) pairs.emplace_back(name, *value);
    return pairs;
  }
  Page begin(const Pairs& request = authorization()) {
    return page_of(ask(http::Method::get, kAuthorizePath, request));
  }
  Page sign_in(const Step& step, std::string_view name = "ada", std::string_view password = kPassword) {
    return page_of(post(kSignInPath,
                        {{"state", step.state}, {"name", std::string(name)}, {"password", std::string(password)}},
                        {{"Cookie", step.cookie}}));
  }
  http::Response decide(const Step& step, const std::string& decision = "allow", const Pairs& more = {}) {
    Pairs form{{"state", step.state}, {"decision", decision}};
    form.insert(form.end(), more.begin(), more.end());
    return post(kConsentPath, form, {{"Cookie", step.cookie}});
  }
  std::string code(const Pairs& request = authorization()) {
    return of_location(decide(sign_in(begin(request).step).step), "code");
  }
  Pairs code_form(const std::string& code) const {
    return {{"grant_type", "authorization_code"},
            {"client_id", "app"},
            {"redirect_uri", std::string(kRedirect)},
            {"code", code},
            {"code_verifier", std::string(kVerifier)}};
  }
  http::Response exchange(const std::string& code) { return post(kTokenPath, code_form(code)); }
  http::Response refresh(const std::string& token) {
    return post(kTokenPath, {{"grant_type", "refresh_token"}, {"client_id", "app"}, {"refresh_token", token}});
  }

  // Of its ID token.
  Result<identity::Claims> verified(const http::Response& response) {
    identity::Expectations expected;
    expected.type = "JWT";
    expected.issuer = "http://test";
    expected.audiences = {"app"};
    const auto keys = identity::parse_jwks(ask(http::Method::get, kKeysPath, {}).body);
    return identity::verify_jwt(member(response, "id_token"), *keys, expected, server_.clock.now());
  }
  // The same as text, but those that each has.
  std::string claims_of(const http::Response& response) {
    const auto claims = verified(response);
    std::string out;
    if (claims.ok()) json::append_value({json::Value::Kind::object, {}, claims->others, {}}, out);
    return out;
  }

  // What the audit log has behind so many records; `interaction`: of these alone.
  std::vector<audit::Record> records_of(std::uint64_t before = 0, std::string_view interaction = {}) {
    EXPECT_TRUE(trail_->flush(std::chrono::steady_clock::now() + std::chrono::seconds(10)).ok());
    std::vector<audit::Record> records = audit::testing::records_of(*server_.store);
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(before));
    std::erase_if(records, [&](const audit::Record& record) {
      return !interaction.empty() && record.interaction != interaction;
    });
    return records;
  }

  ops::testing::HookedStore* engine_ = nullptr;
  ops::testing::TestServer server_{hooked(engine_)};
  access::Records records_;
  Metrics metrics_;
  std::optional<access::Grants> grants_;
  std::optional<audit::Trail> trail_;
  std::optional<Provider> provider_;
  std::string address_ = "192.0.2.1";
  std::any kept_;  // of the connection that all tokens come by
};

}  // namespace vesta::oauth
