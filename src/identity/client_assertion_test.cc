// Tests of client assertions: what SMART asks for beyond a valid token.
#include "identity/client_assertion.h"

#include <gtest/gtest.h>

#include "identity/fault.h"
#include "identity/jwt.h"
#include "identity/test_keys.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

using std::chrono::seconds;

constexpr std::string_view kClient = "client-1";
constexpr std::string_view kTokenEndpoint = "https://vesta.example/token";

class ClientAssertionTest : public testing::Test {
 protected:
  ClientAssertionTest() {
    claims_.issuer = claims_.subject = kClient;
    claims_.audiences = {std::string(kTokenEndpoint)};
    claims_.expires_at = {now_.value + 60'000'000};
    claims_.id = "once";
    expectations_.audiences = {std::string(kTokenEndpoint), "https://vesta.example"};
  }

  std::string assertion(std::string_view type = "JWT") const { return sign_jwt(*signing_keys()[1], type, claims_); }
  Result<ClientAssertion> verify(std::string_view text) const {
    return verify_client_assertion(text, kClient, public_keys(), expectations_, now_);
  }
  std::string fault() const {
    const auto result = verify(assertion());
    return result.ok() ? "" : result.error().message;
  }
  std::string expected(TokenFault fault) const { return std::string(name_of(fault)); }

  const Instant now_ = at_seconds(1'767'225'600);
  Claims claims_;
  AssertionExpectations expectations_;
};

TEST_F(ClientAssertionTest, AGoodOneTellsWhatToRemember) {
  const std::string text = assertion();
  EXPECT_EQ(claimed_client_id(text).value(), kClient);
  const ClientAssertion got = verify(text).value();
  EXPECT_EQ(got.client_id, kClient);
  EXPECT_EQ(got.id, "once");
  EXPECT_FALSE(verify_client_assertion(text, kClient, public_keys(), expectations_, got.remember_until).ok())
      << "none comes again after it is forgotten";
  const Instant just_before{got.remember_until.value - 1};
  EXPECT_TRUE(verify_client_assertion(text, kClient, public_keys(), expectations_, just_before).ok());
  claims_.audiences = {"https://vesta.example"};
  EXPECT_EQ(fault(), "");
}

TEST_F(ClientAssertionTest, IssuerAndSubjectAreTheClient) {
  claims_.subject = "client-2";
  EXPECT_EQ(fault(), expected(TokenFault::wrong_subject));
  claims_.subject = "";
  EXPECT_EQ(fault(), expected(TokenFault::wrong_subject));
  claims_.subject = kClient;
  claims_.issuer = "client-2";
  EXPECT_EQ(fault(), expected(TokenFault::wrong_issuer));
}

TEST_F(ClientAssertionTest, TheAudienceIsThisServerAlone) {
  claims_.audiences = {"https://other.example/token"};
  EXPECT_EQ(fault(), expected(TokenFault::wrong_audience));
  claims_.audiences = {std::string(kTokenEndpoint), "https://other.example/token"};
  EXPECT_EQ(fault(), expected(TokenFault::wrong_audience));
  claims_.audiences = {};
  EXPECT_EQ(fault(), expected(TokenFault::wrong_audience));
  claims_.audiences = {"https://vesta.example", std::string(kTokenEndpoint)};
  EXPECT_EQ(fault(), "") << "widely used clients name both";
}

TEST_F(ClientAssertionTest, FiveMinutesAtMost) {
  const seconds most = kMaxAssertionLifetime + kClockSkew;
  claims_.expires_at = {now_.value + std::chrono::microseconds(most).count()};
  EXPECT_EQ(fault(), "");
  claims_.expires_at.value += 1'000'000;
  EXPECT_EQ(fault(), expected(TokenFault::too_long_lived));
}

TEST_F(ClientAssertionTest, AnIdOfBoundedLength) {
  claims_.id = "";
  EXPECT_EQ(fault(), expected(TokenFault::bad_claims));
  claims_.id = std::string(kMaxAssertionIdBytes, 'j');
  EXPECT_EQ(fault(), "");
  claims_.id += 'j';
  EXPECT_EQ(fault(), expected(TokenFault::bad_claims));
}

TEST_F(ClientAssertionTest, AnAccessTokenIsNone) {
  const auto result = verify(assertion("at+jwt"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, expected(TokenFault::wrong_type));
  EXPECT_TRUE(verify(assertion("")).ok()) << "widely used libraries name no type";
}

TEST_F(ClientAssertionTest, AnotherKeyOrNone) {
  const Keys others = {std::make_shared<const Jwk>(Jwk::generate(Algorithm::es384))};
  const auto result = verify_client_assertion(assertion(), kClient, others, expectations_, now_);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, expected(TokenFault::unknown_key));
  const std::string of_other = sign_jwt(*others[0], "JWT", claims_);
  EXPECT_TRUE(verify_client_assertion(of_other, kClient, others, expectations_, now_).ok()) << "ES384";
}

TEST_F(ClientAssertionTest, WhatIsNoAssertionClaimsNobody) {
  EXPECT_FALSE(claimed_client_id("").ok());
  EXPECT_FALSE(claimed_client_id("a.b.c").ok());
  EXPECT_FALSE(claimed_client_id(token_of(R"({"alg":"none"})", R"({"iss":"client-1","exp":1})", "")).ok());
}

}  // namespace
}  // namespace vesta::identity
