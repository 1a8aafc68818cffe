// Tests of one-time codes and base32: the RFCs' vectors, the window, replay.
#include "identity/totp.h"

#include <gtest/gtest.h>

#include "identity/base32.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

constexpr std::string_view kRfcSecret = "12345678901234567890";

// The last six of the eight digits there. https://www.rfc-editor.org/rfc/rfc6238#appendix-B
TEST(TotpTest, TheVectorsOfTheRfc) {
  const std::pair<std::int64_t, const char*> vectors[] = {{59, "287082"},         {1111111109, "081804"},
                                                          {1111111111, "050471"}, {1234567890, "005924"},
                                                          {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& [seconds, code] : vectors) {
    EXPECT_EQ(totp_code(kRfcSecret, totp_step(at_seconds(seconds))), code);
    EXPECT_TRUE(verify_totp(kRfcSecret, code, at_seconds(seconds), std::nullopt)) << code;
  }
}

TEST(TotpTest, OneStepOnEachSideAndNoFurther) {
  const Instant now = at_seconds(1'234'567'890);
  const std::uint64_t step = totp_step(now).value;
  for (const std::uint64_t inside : {step - kTotpSteps, step, step + kTotpSteps}) {
    EXPECT_EQ(verify_totp(kRfcSecret, totp_code(kRfcSecret, {inside}), now, std::nullopt), TotpStep{inside});
  }
  for (const std::uint64_t outside : {step - kTotpSteps - 1, step + kTotpSteps + 1}) {
    EXPECT_FALSE(verify_totp(kRfcSecret, totp_code(kRfcSecret, {outside}), now, std::nullopt));
  }
}

TEST(TotpTest, StepsBeginEveryThirtySeconds) {
  EXPECT_EQ(totp_step(at_seconds(29)), TotpStep{0});
  EXPECT_EQ(totp_step(at_seconds(30)), TotpStep{1});
  EXPECT_EQ(totp_step(at_seconds(-1)), TotpStep{0});
  EXPECT_TRUE(verify_totp(kRfcSecret, totp_code(kRfcSecret, {0}), at_seconds(0), std::nullopt));
}

TEST(TotpTest, ACodeIsUsedOnce) {
  const Instant now = at_seconds(1'234'567'890);
  const TotpStep step = totp_step(now);
  const std::string code = totp_code(kRfcSecret, step);
  EXPECT_EQ(verify_totp(kRfcSecret, code, now, TotpStep{step.value - 1}), step);
  EXPECT_FALSE(verify_totp(kRfcSecret, code, now, step));
  EXPECT_FALSE(verify_totp(kRfcSecret, totp_code(kRfcSecret, {step.value - 1}), now, step)) << "nor one before it";
  EXPECT_TRUE(verify_totp(kRfcSecret, totp_code(kRfcSecret, {step.value + 1}), now, step));
}

TEST(TotpTest, WhatIsNoCodeIsRefused) {
  const Instant now = at_seconds(1'111'111'109);
  for (const std::string_view bad : {"", "81804", "0081804", "08180", "081804 ", "+81804", "07081804", "081805"}) {
    EXPECT_FALSE(verify_totp(kRfcSecret, bad, now, std::nullopt)) << bad;
  }
  EXPECT_FALSE(verify_totp("12345678901234567891", "081804", now, std::nullopt));
}

TEST(TotpTest, TheUriOfAnApp) {
  EXPECT_EQ(totp_uri(kRfcSecret, "Vesta Clinic", "ada@example.org"),
            "otpauth://totp/Vesta%20Clinic:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&issuer=Vesta%20Clinic&algorithm=SHA1&digits=6&period=30");
}

TEST(TotpTest, SecretsAreLongEnoughAndDiffer) {
  SeededRandom random;
  const std::string secret = new_totp_secret(random);
  EXPECT_EQ(secret.size(), kTotpSecretBytes);
  EXPECT_NE(secret, new_totp_secret(random));
}

// Without their padding. https://www.rfc-editor.org/rfc/rfc4648#section-10
TEST(Base32Test, TheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "MY"},
                                                         {"fo", "MZXQ"},
                                                         {"foo", "MZXW6"},
                                                         {"foob", "MZXW6YQ"},
                                                         {"fooba", "MZXW6YTB"},
                                                         {"foobar", "MZXW6YTBOI"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(encode_base32(bytes), text);
    EXPECT_EQ(decode_base32(text), bytes);
  }
  EXPECT_EQ(decode_base32("mzxw6ytboi"), "foobar");
}

TEST(Base32Test, WhatNoEncoderWritesIsRefused) {
  for (const std::string_view bad : {"M", "MZ", "MZX", "M1", "M0", "M8", "MY======", "MZXW6 YQ", "MZXW6YTBO"}) {
    EXPECT_FALSE(decode_base32(bad)) << bad;
  }
}

}  // namespace
}  // namespace vesta::identity
