// For tests: an OpenID provider of others, behind the function that asks it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "identity/jwks.h"
#include "identity/jws.h"
#include "identity/jwt.h"
#include "identity/pkce.h"
#include "identity/test_keys.h"
#include "oauth/cookies.h"
#include "oauth/external_provider.h"
#include "oauth/test_support.h"

namespace vesta::oauth {

inline constexpr std::string_view kIssuer = "https://op.example/realm";

// The user "eve" is who the provider calls "sub-of-eve"; she has no password.
class ExternalTest : public ProviderTest {
 protected:
  ExternalTest() {
    serve();
    put("User", "eve",
        R"(,"name":"eve","status":"active","fhirUser":{"reference":"Patient/ada"},)"
        R"("policy":[{"reference":"AccessPolicy/patient"}],)"
        R"("identity":[{"system":"https://op.example/realm","value":"sub-of-eve"}])");
  }

  ExternalSettings settings() {
    ExternalSettings settings;
    settings.issuer = kIssuer;
    settings.client_id = "vesta";
    settings.client_secret = "s/+&";
    settings.name = "The <Clinic>";
    settings.strong_acr = {"gold", "silver"};
    settings.fetch = [this](const FetchRequest& request) { return answer(request); };
    return settings;
  }
  void serve(ExternalSettings::Passwords passwords = ExternalSettings::Passwords::on) {
    ExternalSettings these = settings();
    these.passwords = passwords;
    restart({}, Registration::off, {}, std::move(these));
  }

  Result<FetchAnswer> answer(const FetchRequest& request) {
    asked_.push_back(request);
    if (!failure_.empty()) return make_error(Category::unavailable, failure_);
    if (request.url == std::string(kIssuer) + "/.well-known/openid-configuration") return FetchAnswer{200, metadata_};
    if (request.url == "https://op.example/keys") return FetchAnswer{200, keys_};
    EXPECT_EQ(request.url, "https://op.example/token");
    return FetchAnswer{token_status_, token_answer_ ? *token_answer_ : R"({"id_token":")" + id_token() + "\"}"};
  }
  std::size_t asked_for(std::string_view url) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(asked_, [&](const FetchRequest& each) { return each.url == url; }));
  }

  identity::Claims claims() {
    identity::Claims claims;
    claims.issuer = kIssuer;
    claims.subject = "sub-of-eve";
    claims.audiences = {"vesta"};
    claims.issued_at = server_.clock.now();
    claims.expires_at = later_by(server_.clock.now(), std::chrono::minutes(5));
    claims.others.push_back({"nonce", oauth::text(nonce_)});
    if (change_) change_(claims);
    return claims;
  }
  std::string id_token() { return id_token_ ? *id_token_ : identity::sign_jwt(*signed_by_, "JWT", claims()); }
  static void set(identity::Claims& claims, const std::string& name, json::Value value) {
    std::erase_if(claims.others, [&](const json::Member& each) { return each.name == name; });
    claims.others.push_back({name, std::move(value)});
  }

  // To the provider: where the browser is sent, and the cookies that it has then.
  struct Away {
    http::Response response;
    std::string cookies;
  };
  Away go_away(const Step& step) {
    Away away{post(kExternalPath, {{"state", step.state}}, {{"Cookie", step.cookie}}), {}};
    for (const auto& [name, value] : away.response.headers.fields()) {
      if (name != "Set-Cookie") continue;
      away.cookies += (away.cookies.empty() ? "" : "; ") + value.substr(0, value.find(';'));
    }
    nonce_ = of_location(away.response, "nonce");
    return away;
  }
  Pairs answer_of(const Away& away) const {
    return {{"state", of_location(away.response, "state")}, {"code", "code-of-op"}, {"session_state", "x"}};
  }
  Page come_back(const Pairs& query, const std::string& cookies) {
    return page_of(ask(http::Method::get, kCallbackPath, query, {{"Cookie", cookies}}));
  }
  // What the browser has of them when it has got this answer.
  static std::string cookies_after(const std::string& cookies, const http::Response& response) {
    std::string left;
    const auto keep = [&](std::string_view cookie) { left.append(left.empty() ? "" : "; ").append(cookie); };
    const auto name_of = [](std::string_view cookie) { return cookie.substr(0, cookie.find('=') + 1); };
    for_each_between(cookies, ';', [&](std::string_view cookie) {
      cookie = http::trim(cookie);
      const bool is_set = std::ranges::any_of(response.headers.fields(), [&](const auto& field) {
        return field.first == "Set-Cookie" && field.second.starts_with(name_of(cookie));
      });
      if (!is_set) keep(cookie);
    });
    for (const auto& [name, value] : response.headers.fields()) {
      if (name == "Set-Cookie" && value.find("Max-Age=0;") == std::string::npos) keep(value.substr(0, value.find(';')));
    }
    return left;
  }
  // All of it, to the page that follows.
  Page through(const Pairs& request = authorization()) {
    const Away away = go_away(begin(request).step);
    return come_back(answer_of(away), away.cookies);
  }
  int status_with(std::function<void(identity::Claims&)> change) {
    change_ = std::move(change);
    const int status = through().response.status;
    change_ = {};
    return status;
  }

  std::string metadata_ =
      R"({"issuer":"https://op.example/realm","authorization_endpoint":"https://op.example/authorize?x=1",)"
      R"("token_endpoint":"https://op.example/token","jwks_uri":"https://op.example/keys"})";
  std::string keys_ = public_keys_text();
  std::string failure_;  // empty: answers come
  int token_status_ = 200;
  std::optional<std::string> token_answer_;
  std::optional<std::string> id_token_;
  std::function<void(identity::Claims&)> change_;
  const identity::Jwk* signed_by_ = identity::signing_keys()[0].get();
  std::string nonce_;
  std::vector<FetchRequest> asked_;
};

}  // namespace vesta::oauth
