// Keys of clients by URL: when they are fetched, how long they are kept, and what a fetch that fails does.
#include "oauth/client_keys.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "identity/client_assertion.h"
#include "identity/jwks.h"
#include "oauth/test_support.h"

namespace vesta::oauth {
namespace {

using std::chrono::seconds;

constexpr std::string_view kUrl = "https://client.example/jwks";

access::Client client_of(const std::string& id = "c", std::string_view url = kUrl) {
  access::Client client;
  client.id = id;
  client.jwks_uri = url;
  return client;
}

std::string set_of(const identity::Jwk& key) {
  return identity::write_jwks(identity::Keys{identity::public_part(key)});
}

std::string signed_by(const identity::Jwk& key) {
  return identity::sign_jwt(key, "JWT", identity::sample_claims());
}

class ClientKeysTest : public ::testing::Test {
 protected:
  ClientKeysTest() {
    log::set_sink([this](std::string_view line) { log_ += line; });
  }
  ~ClientKeysTest() override { log::set_sink({}); }

  // The id of the one key; else why there is none.
  std::string id_of(const access::Client& client, const std::string& assertion) {
    const auto keys = keys_.of(client, assertion);
    return keys.ok() ? keys->front()->id() : keys.error().message;
  }
  std::string known() { return id_of(client_of(), signed_by(first_)); }

  const identity::Jwk& first_ = *identity::signing_keys()[0];   // "ec"
  const identity::Jwk& second_ = *identity::signing_keys()[1];  // "rsa"
  identity::SetClock clock_;
  std::string log_;
  Result<FetchAnswer> answer() const {
    if (!failure_.empty()) return make_error(Category::unavailable, failure_);
    return FetchAnswer{status_, published_};
  }

  std::string published_ = set_of(first_);
  int status_ = 200;
  std::string failure_;  // empty: what is published comes
  std::vector<std::string> fetched_;
  ClientKeys keys_{[this](const FetchRequest& request) {
                     fetched_.push_back(request.url);
                     return answer();
                   },
                   clock_};
};

TEST_F(ClientKeysTest, AreKeptForTheirLifetime) {
  EXPECT_EQ(known(), "ec");
  EXPECT_EQ(fetched_, std::vector<std::string>{std::string(kUrl)});
  clock_.advance(kFetchedKeysLifetime - seconds(1));
  EXPECT_EQ(known(), "ec");
  EXPECT_EQ(fetched_.size(), 1u);
  published_ = set_of(second_);
  clock_.advance(seconds(1));
  EXPECT_EQ(known(), "rsa") << "one that was taken away is gone";
  EXPECT_EQ(fetched_.size(), 2u);
}

TEST_F(ClientKeysTest, AKeyThatIsNotKnownMakesItFetchOnceInAnInterval) {
  EXPECT_EQ(known(), "ec");
  published_ = set_of(second_);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(id_of(client_of(), signed_by(second_)), "ec");
  EXPECT_EQ(fetched_.size(), 1u) << "within the interval of the first";
  clock_.advance(kFetchInterval);
  EXPECT_EQ(id_of(client_of(), signed_by(second_)), "rsa");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(id_of(client_of(), signed_by(first_)), "rsa");
  EXPECT_EQ(fetched_.size(), 2u);
  clock_.advance(kFetchInterval);
  EXPECT_EQ(id_of(client_of(), "no.assertion.at-all"), "rsa");
  EXPECT_EQ(fetched_.size(), 2u) << "what names no key asks for nothing";
}

TEST_F(ClientKeysTest, AFetchThatFailsLeavesThemForATime) {
  EXPECT_EQ(known(), "ec");
  failure_ = "refused";
  clock_.advance(kFetchedKeysMaxAge - seconds(1));
  EXPECT_EQ(known(), "ec");
  EXPECT_EQ(fetched_.size(), 2u);
  EXPECT_NE(log_.find("refused"), std::string::npos) << log_;
  clock_.advance(seconds(1));
  EXPECT_EQ(known(), "the keys cannot be fetched: refused");
  EXPECT_EQ(fetched_.size(), 2u) << "nobody is asked without end";
  failure_.clear();
  clock_.advance(kFetchInterval);
  EXPECT_EQ(known(), "ec");
}

TEST_F(ClientKeysTest, WhatIsNoSetOfKeysIsAFailure) {
  EXPECT_EQ(known(), "ec");
  for (const std::string& bad : {std::string("<html>"), std::string(R"({"keys":[]})"), std::string(),
                                 std::string(identity::kMaxJwksBytes + 1, ' ')}) {
    published_ = bad;
    clock_.advance(kFetchInterval);
    const std::size_t before = fetched_.size();
    EXPECT_EQ(id_of(client_of(), signed_by(second_)), "ec") << bad.substr(0, 10);
    EXPECT_EQ(fetched_.size(), before + 1);
  }
  published_ = set_of(second_);
  status_ = 404;
  clock_.advance(kFetchInterval);
  EXPECT_EQ(id_of(client_of(), signed_by(second_)), "ec") << "another status";
  const std::string never = id_of(client_of("d"), signed_by(first_));
  EXPECT_TRUE(never.starts_with("the keys cannot be fetched: ")) << never;
  EXPECT_EQ(keys_.of(client_of("d"), signed_by(first_)).error().category, Category::unauthenticated);
}

TEST_F(ClientKeysTest, AnotherUrlIsFetchedAtOnce) {
  EXPECT_EQ(known(), "ec");
  published_ = set_of(second_);
  EXPECT_EQ(id_of(client_of("c", "https://client.example/new"), signed_by(first_)), "rsa");
  EXPECT_EQ(fetched_.back(), "https://client.example/new");
}

TEST_F(ClientKeysTest, AreOfOnePlace) {
  access::Client both = client_of();
  both.jwks = set_of(first_);
  EXPECT_EQ(id_of(both, signed_by(first_)), "the client has both jwks and jwksUri");
  both.jwks_uri.clear();
  EXPECT_EQ(id_of(both, signed_by(first_)), "ec");
  both.jwks.clear();
  EXPECT_EQ(id_of(both, signed_by(first_)), "the client has no keys");
  EXPECT_EQ(fetched_.size(), 0u);
  ClientKeys nobody_fetches({}, clock_);
  EXPECT_FALSE(nobody_fetches.of(client_of(), signed_by(first_)).ok());
}

TEST_F(ClientKeysTest, OnlySoManyClientsAreKept) {
  for (std::size_t i = 0; i < kMaxFetchedKeySets; ++i) id_of(client_of(std::to_string(i)), signed_by(first_));
  id_of(client_of("0"), signed_by(first_));
  EXPECT_EQ(fetched_.size(), kMaxFetchedKeySets);
  id_of(client_of("one more"), signed_by(first_));
  id_of(client_of("0"), signed_by(first_));
  EXPECT_EQ(fetched_.size(), kMaxFetchedKeySets + 1) << "it was used of late";
  id_of(client_of("1"), signed_by(first_));
  EXPECT_EQ(fetched_.size(), kMaxFetchedKeySets + 2) << "it was forgotten";
}

// Fetches that hang until they are let go.
TEST_F(ClientKeysTest, NobodyWaitsForTheFetchOfAnother) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  std::promise<void> all_begun;
  std::atomic<std::size_t> begun = 0;
  ClientKeys keys(
      [&](const FetchRequest& request) -> Result<FetchAnswer> {
        if (request.url == kUrl) return FetchAnswer{200, set_of(first_)};
        if (++begun == kMaxRunningFetches) all_begun.set_value();
        gone.wait();
        return FetchAnswer{200, set_of(first_)};
      },
      clock_);
  ASSERT_TRUE(keys.of(client_of("quick"), signed_by(first_)).ok());
  std::vector<std::thread> waiting;
  const auto slow = [&](std::size_t i) { return client_of("slow" + std::to_string(i), "https://slow.example/"); };
  for (std::size_t i = 0; i < kMaxRunningFetches; ++i) {
    waiting.emplace_back([&, i] { EXPECT_TRUE(keys.of(slow(i), signed_by(first_)).ok()); });
    if (i + 2 == kMaxRunningFetches) {
      while (begun < i + 1) std::this_thread::yield();
      EXPECT_TRUE(keys.of(client_of("another"), signed_by(first_)).ok()) << "there is room for one";
    }
  }
  all_begun.get_future().wait();
  EXPECT_EQ(keys.of(slow(0), signed_by(first_)).error().category, Category::busy);
  EXPECT_EQ(keys.of(client_of("late"), signed_by(first_)).error().category, Category::busy) << "too many run";
  clock_.advance(kFetchedKeysLifetime);
  EXPECT_TRUE(keys.of(client_of("quick"), signed_by(first_)).ok()) << "what is kept";
  go.set_value();
  for (std::thread& each : waiting) each.join();
  EXPECT_TRUE(keys.of(client_of("late"), signed_by(first_)).ok());
}

class ClientByUrl : public ProviderTest {
 protected:
  ClientByUrl() {
    restart({}, Registration::off, [this](const FetchRequest&) -> Result<FetchAnswer> {
      if (!failure_.empty()) return make_error(Category::unavailable, failure_);
      return FetchAnswer{200, public_keys_text()};
    });
    put("Client", "remote",
        R"(,"name":"Remote","status":"active","scope":["system/*.rs"],"jwksUri":"https://client.example/jwks")");
  }
  http::Response present(const identity::Jwk& key) {
    identity::Claims claims;
    claims.issuer = "remote";
    claims.subject = "remote";
    claims.audiences = {"http://test/auth/token"};
    claims.expires_at = {server_.clock.now().value + 120'000'000};
    claims.id = "a" + std::to_string(++assertions_);
    return post(kTokenPath, {{"grant_type", "client_credentials"},
                             {"client_assertion_type", std::string(identity::kClientAssertionType)},
                             {"client_assertion", identity::sign_jwt(key, "JWT", claims)},
                             {"scope", "system/*.rs"}});
  }
  std::string failure_;  // empty: the keys come
  int assertions_ = 0;
};

TEST_F(ClientByUrl, GetsATokenByAKeyThatItPublishes) {
  const http::Response good = present(*identity::signing_keys()[0]);
  EXPECT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(present(identity::Jwk::generate(identity::Algorithm::es256)).status, 401);
}

TEST_F(ClientByUrl, IsNotToldWhyNothingCameAndIsNoPublicClient) {
  failure_ = "the status 418";
  std::string lines;
  log::set_sink([&](std::string_view line) { lines += line; });
  const http::Response refused = present(*identity::signing_keys()[0]);
  log::set_sink({});
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(member(refused, "error"), "invalid_client");
  EXPECT_EQ(refused.body.find("418"), std::string::npos);
  EXPECT_NE(lines.find("418"), std::string::npos) << lines;
  const http::Response bare = post(kTokenPath, with(code_form("x"), "client_id", "remote"));
  EXPECT_EQ(member(bare, "error"), "invalid_client");
}

}  // namespace
}  // namespace vesta::oauth
