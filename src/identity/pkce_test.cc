// Tests of PKCE: the RFC's vector, its limits, and that plain is refused.
#include "identity/pkce.h"

#include <gtest/gtest.h>

namespace vesta::identity {
namespace {

// https://www.rfc-editor.org/rfc/rfc7636#appendix-B
constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

TEST(PkceTest, TheVectorOfTheRfc) {
  EXPECT_EQ(code_challenge_of(kVerifier), kChallenge);
  EXPECT_TRUE(check_code_challenge(kChallenge, "S256").ok());
  EXPECT_TRUE(verify_code(kChallenge, kVerifier).ok());
}

TEST(PkceTest, OnlyS256) {
  for (const std::string_view method : {"plain", "", "s256", "S512", "S256 "}) {
    EXPECT_FALSE(check_code_challenge(kChallenge, method).ok()) << method;
  }
  EXPECT_FALSE(verify_code(kVerifier, kVerifier).ok()) << "as plain would";
}

TEST(PkceTest, ChallengesAreDigests) {
  const std::string challenge(kChallenge);
  for (const std::string& bad : {std::string(), challenge.substr(1), challenge + "A", challenge + "=",
                                 challenge.substr(1) + "+", challenge.substr(0, 42) + "N"}) {
    EXPECT_FALSE(check_code_challenge(bad, "S256").ok()) << bad;
  }
}

TEST(PkceTest, LengthsOfVerifiersOnBothSides) {
  const auto accepts = [](const std::string& verifier) {
    return verify_code(code_challenge_of(verifier), verifier).ok();
  };
  EXPECT_FALSE(accepts(std::string(kMinCodeVerifierLength - 1, 'a')));
  EXPECT_TRUE(accepts(std::string(kMinCodeVerifierLength, 'a')));
  EXPECT_TRUE(accepts(std::string(kMaxCodeVerifierLength, 'a')));
  EXPECT_FALSE(accepts(std::string(kMaxCodeVerifierLength + 1, 'a')));
}

TEST(PkceTest, CharactersOfVerifiers) {
  const std::string good = "ABCXYZabcxyz0123456789-._~ABCXYZabcxyz0123456789-._~";
  EXPECT_TRUE(verify_code(code_challenge_of(good), good).ok());
  for (const char bad : std::string_view("+/= %\0\x80", 7)) {
    const std::string verifier = good + bad;
    EXPECT_FALSE(verify_code(code_challenge_of(verifier), verifier).ok()) << bad;
  }
}

TEST(PkceTest, AnotherVerifierIsRefused) {
  std::string other(kVerifier);
  other.back() = 'l';
  EXPECT_FALSE(verify_code(kChallenge, other).ok());
  EXPECT_FALSE(verify_code("", kVerifier).ok());
}

}  // namespace
}  // namespace vesta::identity
