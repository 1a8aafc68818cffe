// Tests of remembered tokens: what is remembered, and that it is judged anew and forgotten with its key.
#include "identity/token_verifier.h"

#include <gtest/gtest.h>

#include "identity/fault.h"
#include "identity/jws.h"
#include "identity/test_keys.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

class TokenVerifierTest : public testing::Test {
 protected:
  static constexpr std::size_t kMost = 3;

  TokenVerifierTest() { verifier_.set_keys(public_keys()); }

  static Expectations expected_token() {
    Expectations expectations;
    expectations.type = "at+jwt";
    expectations.issuer = "https://vesta.example";
    expectations.audiences = {"api"};
    return expectations;
  }
  std::string token(const std::string& subject) const {
    Claims claims;
    claims.issuer = "https://vesta.example";
    claims.audiences = {"api"};
    claims.subject = subject;
    claims.expires_at = expires_at_;
    return sign_jwt(*signing_keys()[0], "at+jwt", claims);
  }
  // The subject, or the fault.
  std::string answer(std::string_view text, Instant now) {
    const auto claims = verifier_.verify(text, now);
    return claims.ok() ? (*claims)->subject : claims.error().message;
  }

  const Instant now_ = at_seconds(1'767'225'600);
  const Instant expires_at_ = at_seconds(1'767'225'900);
  TokenVerifier verifier_{expected_token(), kMost};
};

TEST_F(TokenVerifierTest, ATokenIsVerifiedOnce) {
  const std::string text = token("ada");
  const auto first = verifier_.verify(text, now_).value();
  EXPECT_EQ(first->subject, "ada");
  EXPECT_EQ(verifier_.verify(text, now_).value(), first) << "the very same claims";
  EXPECT_EQ(verifier_.remembered(), 1u);
}

TEST_F(TokenVerifierTest, ARememberedTokenExpires) {
  const std::string text = token("ada");
  const Instant end{expires_at_.value + std::chrono::microseconds(kClockSkew).count()};
  EXPECT_EQ(answer(text, now_), "ada");
  EXPECT_EQ(answer(text, {end.value - 1}), "ada");
  EXPECT_EQ(answer(text, end), name_of(TokenFault::expired));
}

TEST_F(TokenVerifierTest, WhatIsRefusedIsNotRemembered) {
  const std::string good = token("ada");
  EXPECT_EQ(answer(good, now_), "ada");
  std::string forged = good;
  forged[good.rfind('.') + 1] = forged[good.rfind('.') + 1] == 'A' ? 'B' : 'A';
  EXPECT_EQ(answer(forged, now_), name_of(TokenFault::bad_signature));
  EXPECT_EQ(answer(good + ".", now_), name_of(TokenFault::malformed));
  EXPECT_EQ(answer(std::string(kMaxJwtBytes + 1, 'x'), now_), name_of(TokenFault::too_large));
  EXPECT_EQ(verifier_.remembered(), 1u);
}

TEST_F(TokenVerifierTest, ATokenIsForgottenWithItsKey) {
  const std::string text = token("ada");
  EXPECT_EQ(answer(text, now_), "ada");
  verifier_.set_keys({public_keys()[1]});
  EXPECT_EQ(verifier_.remembered(), 0u);
  EXPECT_EQ(answer(text, now_), name_of(TokenFault::unknown_key));
  verifier_.set_keys(public_keys());
  EXPECT_EQ(answer(text, now_), "ada");
  EXPECT_FALSE(TokenVerifier(expected_token()).verify(text, now_).ok()) << "before there are keys";
}

TEST_F(TokenVerifierTest, MemoryIsBoundedAndTheOneUsedLongestAgoGoes) {
  const std::string first = token("first");
  const auto claims = verifier_.verify(first, now_).value();
  for (std::size_t i = 1; i < kMost; ++i) answer(token(std::to_string(i)), now_);
  EXPECT_EQ(verifier_.verify(first, now_).value(), claims);
  answer(token("one more"), now_);
  EXPECT_EQ(verifier_.remembered(), kMost);
  EXPECT_EQ(verifier_.verify(first, now_).value(), claims) << "it was used since";
  for (std::size_t i = 0; i < kMost; ++i) answer(token("new " + std::to_string(i)), now_);
  EXPECT_NE(verifier_.verify(first, now_).value(), claims);
}

}  // namespace
}  // namespace vesta::identity
