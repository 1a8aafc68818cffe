// A provider that does not answer, or answers what is none: who signs in is told, and nothing is changed.
#include "oauth/external_provider.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "identity/fault.h"
#include "oauth/external_test_support.h"

namespace vesta::oauth {
namespace {

using ops::testing::contains;

class ExternalOutage : public ExternalTest {
 protected:
  ExternalOutage() { seq_ = server_.store->newest(); }

  // As a page that says so, without anything written.
  void expect_unavailable(const Page& page) {
    EXPECT_EQ(page.response.status, 503) << page.response.body;
    EXPECT_TRUE(contains(page.response.body, "does not answer just now. Try again."));
    EXPECT_TRUE(page.response.headers.find("Retry-After") != nullptr);
    EXPECT_FALSE(page.step.state.empty());
    EXPECT_EQ(server_.store->newest().value, seq_.value);
  }
  // What it says of itself is this.
  void expect_undiscovered(const std::string& metadata) {
    metadata_ = metadata;
    serve();
    const Step step = begin().step;
    seq_ = server_.store->newest();
    expect_unavailable(page_of(post(kExternalPath, {{"state", step.state}}, {{"Cookie", step.cookie}})));
  }
  std::string metadata_with(const std::string& old, const std::string& wanted) const {
    std::string text = good_;
    const std::size_t at = text.find(old);
    EXPECT_NE(at, std::string::npos);
    return text.replace(at, old.size(), wanted);
  }

  static std::string set_of(std::initializer_list<std::size_t> places) {
    identity::Keys keys;
    for (const std::size_t place : places) keys.push_back(identity::public_keys()[place]);
    return identity::write_jwks(keys);
  }
  static Form form_of_code() {
    http::Request request;
    request.query = "code=c";
    return *Form::of_query(request);
  }

  const std::string good_ = metadata_;
  identity::SetClock clock_;  // whose steady time goes on
  ExternalProvider alone_{settings(), "http://test/auth/callback", clock_};
  CommitSeq seq_;
};

TEST_F(ExternalOutage, ItIsDown) {
  const Away away = go_away(begin().step);
  failure_ = "too slow";
  const Page page = come_back(answer_of(away), away.cookies);
  expect_unavailable(page);
  failure_.clear();
  const Page consent = come_back(answer_of(away), cookies_after(away.cookies, page.response));
  EXPECT_EQ(consent.response.status, 200) << "nothing was used up, and the browser has all that it needs";
  EXPECT_FALSE(contains(cookies_after(away.cookies, consent.response), "vesta_away_"));
}

TEST_F(ExternalOutage, ItSaysThatItIsDown) {
  for (const std::string error : {"temporarily_unavailable", "server_error"}) {
    const Away away = go_away(begin().step);
    seq_ = server_.store->newest();
    expect_unavailable(come_back({{"state", of_location(away.response, "state")}, {"error", error}}, away.cookies));
  }
}

TEST_F(ExternalOutage, WhoReloadsThePageIsNoGuesser) {
  const Away away = go_away(begin().step);
  failure_ = "too slow";
  for (std::size_t i = 0; i <= identity::kFreeGuesses; ++i)
    expect_unavailable(come_back(answer_of(away), away.cookies));
}

TEST_F(ExternalOutage, WhatIsConfiguredWrongIsWarnedOf) {
  const Away away = go_away(begin().step);
  std::string lines;
  log::set_sink([&](std::string_view line) { lines += line; });
  const auto logged = [&](int status, const std::string& answer) {
    lines.clear();
    token_status_ = status;
    token_answer_ = answer;
    come_back(answer_of(away), away.cookies);
    return lines;
  };
  EXPECT_TRUE(contains(logged(401, ""), "the OpenID provider refuses this server"));
  const std::string unknown = logged(400, R"({"error":"invalid_client"})");
  EXPECT_TRUE(contains(unknown, R"("level":"warning","message":"the OpenID provider refuses this server)")) << unknown;
  EXPECT_TRUE(contains(unknown, "the status 400, invalid_client")) << unknown;
  EXPECT_FALSE(contains(logged(400, R"({"error":"invalid_grant"})"), "refuses this server"));
  EXPECT_FALSE(contains(logged(500, ""), "refuses this server"));
  EXPECT_FALSE(contains(logged(429, ""), "refuses this server"));
  EXPECT_TRUE(contains(logged(400, R"({"error":"invalid_request"})"), "refuses this server"));
  EXPECT_EQ(come_back(answer_of(away), away.cookies).response.status, 403) << "it may be the code";
  log::set_sink({});
}

TEST_F(ExternalOutage, ItAnswersGarbage) {
  const Away away = go_away(begin().step);
  for (const int status : {200, 400, 401, 500}) {
    for (const std::string answer : {"", "<html>", "[]", R"({"id_token":7})", R"({"error":"invalid_client"})"}) {
      token_status_ = status;
      token_answer_ = answer;
      expect_unavailable(come_back(answer_of(away), away.cookies));
    }
  }
}

TEST_F(ExternalOutage, WhatItSaysOfItselfIsNotToBeUsed) {
  expect_undiscovered("<html>");
  expect_undiscovered(metadata_with("op.example/realm", "evil.example"));
  expect_undiscovered(metadata_with("https://op.example/authorize?x=1", "javascript:alert(1)"));
  expect_undiscovered(metadata_with("https://op.example/authorize?x=1", "http://op.example/authorize"));
  expect_undiscovered(metadata_with(R"("token_endpoint":"https://op.example/token",)", ""));
  expect_undiscovered(metadata_with("jwks_uri", "no_jwks_uri"));
  expect_undiscovered(metadata_with("https://op.example/token", "http://op.example/token"));
  expect_undiscovered(metadata_with("https://op.example/keys", "http://op.example/keys"));
  expect_undiscovered(metadata_with("{", R"({"token_endpoint_auth_methods_supported":["private_key_jwt"],)"));
}

TEST_F(ExternalOutage, ItIsAskedWhatItIsAtMostOnceInAnInterval) {
  using std::chrono::seconds;
  const auto is_known = [this] { return alone_.address("flow", "seed", ExternalProvider::Ask::as_it_will).ok(); };
  failure_ = "refused";
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(is_known());
  EXPECT_EQ(asked_.size(), 1U);
  failure_.clear();
  clock_.advance(kMetadataInterval - seconds(1));
  EXPECT_FALSE(is_known());
  clock_.advance(seconds(1));
  EXPECT_TRUE(is_known());
  EXPECT_EQ(asked_.size(), 2U);
  clock_.advance(kMetadataLifetime - seconds(1));
  EXPECT_TRUE(is_known());
  EXPECT_EQ(asked_.size(), 2U);
  failure_ = "refused";
  clock_.advance(seconds(1));
  EXPECT_TRUE(is_known()) << "what is kept";
  EXPECT_EQ(asked_.size(), 3U);
  clock_.advance(kMetadataMaxAge - kMetadataLifetime - seconds(1));
  EXPECT_TRUE(is_known());
  clock_.advance(seconds(1));
  EXPECT_FALSE(is_known());
}

TEST_F(ExternalOutage, ItsKeysAreKeptAndFetchedAgainForOneThatIsUnknown) {
  const auto address = alone_.address("flow", "seed", ExternalProvider::Ask::as_it_will);
  ASSERT_TRUE(address.ok());
  const std::size_t at = address->find("nonce=") + 6;
  nonce_ = address->substr(at, address->find('&', at) - at);
  const auto lets_in = [this] { return alone_.subject_of(form_of_code(), "seed").ok(); };
  EXPECT_TRUE(lets_in());
  EXPECT_TRUE(lets_in());
  EXPECT_EQ(asked_for("https://op.example/keys"), 1U);
  const identity::Jwk stranger = identity::Jwk::generate(identity::Algorithm::es256);
  signed_by_ = &stranger;
  EXPECT_FALSE(lets_in());
  EXPECT_EQ(asked_for("https://op.example/keys"), 1U) << "within the interval";
  clock_.advance(kFetchInterval);
  EXPECT_FALSE(lets_in());
  EXPECT_FALSE(lets_in());
  EXPECT_EQ(asked_for("https://op.example/keys"), 2U);
}

// https://openid.net/specs/openid-connect-core-1_0.html#SigEnc
TEST_F(ExternalOutage, AKeyThatCannotBeUsedSpoilsNoOther) {
  const std::string good = keys_;
  keys_ = R"({"keys":[7,{"kty":"oct","k":"AA"},{"kty":"EC","crv":"secp256k1","kid":"k","x":"AA","y":"AA"},)"
          R"({"kty":"RSA","kid":"short","n":"AQAB","e":"AQAB"},)" +
          good.substr(std::string_view(R"({"keys":[)").size());
  EXPECT_EQ(through().response.status, 200);
}

TEST_F(ExternalOutage, OneKeyNeedsNoName) {
  std::string key(identity::kRfcEcKey);
  key.replace(key.find(R"("kid":"ec")"), 10, R"("kid":"")");
  const auto nameless = identity::private_key(key);
  signed_by_ = nameless.get();
  const auto status_by = [&](std::string keys) {
    keys_ = std::move(keys);
    serve();
    return through().response.status;
  };
  EXPECT_EQ(status_by(set_of({0})), 200);
  std::string without = set_of({0});
  without.erase(without.find(R"("kid":"ec",)"), 11);
  EXPECT_EQ(status_by(without), 200);
  EXPECT_EQ(status_by(set_of({0, 1})), 403) << "it may be any";
}

TEST_F(ExternalOutage, ATokenMaySayWhereTheKeysAreThatWeHave) {
  const auto reason_by = [&](const std::string& url) {
    const Away away = go_away(begin().step);
    id_token_ = identity::token_of(R"({"alg":"ES256","kid":"ec","jku":")" + url + "\"}", "{}", std::string(64, 'x'));
    std::string lines;
    log::set_sink([&](std::string_view line) { lines += line; });
    come_back(answer_of(away), away.cookies);
    log::set_sink({});
    return lines;
  };
  EXPECT_TRUE(contains(reason_by("https://op.example/keys"), identity::name_of(identity::TokenFault::bad_signature)));
  EXPECT_TRUE(contains(reason_by("https://evil.example/"), identity::name_of(identity::TokenFault::embedded_key)));
}

TEST_F(ExternalOutage, AProviderMayTakeTheSecretInTheFormAlone) {
  metadata_ = metadata_with("{", R"({"token_endpoint_auth_methods_supported":["client_secret_post"],)");
  serve();
  EXPECT_EQ(through().response.status, 200);
  EXPECT_EQ(asked_[1].authorization, "");
  EXPECT_TRUE(contains(asked_[1].form, "client_id=vesta&client_secret=s%2F%2B%26")) << asked_[1].form;
}

TEST_F(ExternalOutage, OnlySoManyCodesAreExchangedAtOnce) {
  // Each exchange begins another one, until there is no room.
  std::size_t depth = 0;
  std::size_t most = 0;
  int refused = 0;
  std::optional<ExternalProvider> provider;
  ExternalSettings these = settings();
  const Fetch plain = these.fetch;
  these.fetch = [&](const FetchRequest& request) -> Result<FetchAnswer> {
    if (request.url != "https://op.example/token") return plain(request);
    most = std::max(most, ++depth);
    if (depth <= kMaxRunningExchanges) {
      const auto answer = provider->subject_of(form_of_code(), "seed");
      if (answer.error().category == Category::busy) ++refused;
    }
    --depth;
    return make_error(Category::unavailable, "enough");
  };
  provider.emplace(std::move(these), "http://test/auth/callback", server_.clock);
  EXPECT_EQ(provider->subject_of(form_of_code(), "seed").error().category, Category::unavailable);
  EXPECT_EQ(most, kMaxRunningExchanges);
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace vesta::oauth
