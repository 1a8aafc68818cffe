// Base64: both alphabets, padding, and what is no base64.
#include "base/base64.h"

#include <gtest/gtest.h>

namespace vesta {
namespace {

// https://www.rfc-editor.org/rfc/rfc4648#section-10
TEST(Base64, DecodesTheVectorsOfTheStandard) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(decode_base64(" Zm9v\r\nYm\tFy "), "foobar");
  EXPECT_EQ(decode_base64("+/+/"), "\xfb\xff\xbf");
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zg==Zg==", "Zm9-", "====", "Zm9v=", "Zm8=x"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

TEST(Base64, IsPaddedInBothAlphabets) {
  EXPECT_EQ(encode_base64("", Base64::standard), "");
  EXPECT_EQ(encode_base64("f", Base64::standard), "Zg==");
  EXPECT_EQ(encode_base64("fo", Base64::standard), "Zm8=");
  EXPECT_EQ(encode_base64("foo", Base64::standard), "Zm9v");
  EXPECT_EQ(encode_base64("\xfb\xff", Base64::standard), "+/8=");
  EXPECT_EQ(encode_base64("\xfb\xff", Base64::url), "-_8=");
}

TEST(Base64, IsTakenWithoutPaddingWhereThatIsAsked) {
  for (const char* text : {"Zg==", "Zg=", "Zg", "Zh"})
    EXPECT_EQ(decode_any_base64(text, Base64::standard), "f") << text;
  EXPECT_EQ(decode_any_base64("-_8", Base64::url), "\xfb\xff");
  for (const char* text : {"Z", "Zg===", "Z g", "-_8"}) {
    EXPECT_EQ(decode_any_base64(text, Base64::standard), std::nullopt) << text;
  }
}

TEST(Base64, GoesIntoUrlsAndBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
    std::string text;
    append_base64url(all, text);
    EXPECT_EQ(decode_base64url(text), all);
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
  }
  EXPECT_EQ(decode_base64url("Zg=="), std::nullopt);
  EXPECT_EQ(decode_base64url("Zh"), std::nullopt) << "bits are left";
}

}  // namespace
}  // namespace vesta
