// Tests of opaque secrets, their digests, and constant-time comparison.
#include "identity/tokens.h"

#include <gtest/gtest.h>

#include <set>

#include "base/base64.h"
#include "identity/digest.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

TEST(TokensTest, SecretsHave256Bits) {
  SeededRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string secret = new_secret(random);
    EXPECT_EQ(decode_base64url(secret).value().size(), kSecretBytes);
    EXPECT_TRUE(seen.insert(secret).second);
  }
}

TEST(TokensTest, ADigestTellsItsSecretFromOthers) {
  SeededRandom random;
  const std::string secret = new_secret(random);
  const std::string digest = digest_of_secret(secret);
  EXPECT_TRUE(is_digest_of(secret, digest));
  EXPECT_FALSE(is_digest_of(new_secret(random), digest));
  EXPECT_FALSE(is_digest_of(secret, secret));
  EXPECT_FALSE(is_digest_of(secret, ""));
  EXPECT_FALSE(is_digest_of(digest, digest)) << "who reads the store has no secret";
}

// https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values: SHA-256 of "abc"
TEST(DigestTest, KnownAnswers) {
  EXPECT_EQ(base64url(sha256("abc")), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  // https://www.rfc-editor.org/rfc/rfc2202#section-3, case 2
  EXPECT_EQ(base64url(hmac_sha1("Jefe", "what do ya want for nothing?")), "7_zfauXrL6LSdBbV8YTfnCWafHk");
  // https://www.rfc-editor.org/rfc/rfc4231#section-4.3
  EXPECT_EQ(base64url(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
}

TEST(DigestTest, ComparisonIsOfAllBytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "bbc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(DigestTest, RandomBytesOfAnyCount) {
  SeededRandom random;
  for (const std::size_t count : {0, 1, 7, 8, 9, 33}) EXPECT_EQ(random_bytes(random, count).size(), count);
}

}  // namespace
}  // namespace vesta::identity
