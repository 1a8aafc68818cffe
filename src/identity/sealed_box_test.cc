// Tests of sealed state: what opens, and that nothing else does.
#include "identity/sealed_box.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

using std::chrono::seconds;

class SealedBoxTest : public testing::Test {
 protected:
  std::string seal(std::string_view content, std::string_view purpose = "code") {
    return box_.seal(purpose, content, seconds(60)).value();
  }
  bool opens(const SealedBox& box, std::string_view sealed, std::string_view purpose = "code") {
    const auto opened = box.open(purpose, sealed);
    if (!opened.ok()) {
      EXPECT_EQ(opened.error().category, Category::invalid);
    }
    return opened.ok();
  }

  SetClock clock_;
  SeededRandom random_;
  const std::string key_ = new_seal_key(random_);
  const std::string other_key_ = new_seal_key(random_);
  SealedBox box_{{key_}, clock_, random_};
};

TEST_F(SealedBoxTest, WhatWasSealedComesOut) {
  for (const std::string& content : {std::string(), std::string("a\0b", 3), std::string(kMaxSealedContent, 'x')}) {
    EXPECT_EQ(box_.open("code", seal(content)).value(), content);
  }
  EXPECT_NE(seal("same"), seal("same"));
  EXPECT_EQ(seal("no one reads this").find("no one"), std::string::npos);
}

TEST_F(SealedBoxTest, EveryAlteredBitIsNoticed) {
  const std::string bytes = decode_base64url(seal("state")).value();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string altered = bytes;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    std::string text;
    append_base64url(altered, text);
    EXPECT_FALSE(opens(box_, text)) << bit;
  }
  const std::string sealed = seal("state");
  for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(opens(box_, sealed.substr(0, size))) << size;
  EXPECT_FALSE(opens(box_, sealed + "AAAA"));
  EXPECT_FALSE(opens(box_, sealed + "="));
  EXPECT_TRUE(opens(box_, sealed));
}

TEST_F(SealedBoxTest, ItExpires) {
  const std::string sealed = seal("state");
  clock_.advance(seconds(60) - std::chrono::microseconds(1));
  EXPECT_TRUE(opens(box_, sealed));
  clock_.advance(std::chrono::microseconds(1));
  EXPECT_FALSE(opens(box_, sealed));
}

TEST_F(SealedBoxTest, APurposeIsNotAnother) {
  EXPECT_FALSE(opens(box_, seal("state", "code"), "login"));
  EXPECT_FALSE(opens(box_, seal("state", "code"), ""));
  EXPECT_FALSE(opens(box_, seal("state", "code"), "code "));
}

TEST_F(SealedBoxTest, KeysChangeWithoutLoss) {
  const std::string sealed = seal("state");
  const SealedBox rotated({other_key_, key_}, clock_, random_);
  EXPECT_EQ(rotated.open("code", sealed).value(), "state");
  const std::string anew = rotated.seal("code", "state", seconds(60)).value();
  EXPECT_FALSE(opens(box_, anew)) << "sealed by the first key";
  EXPECT_FALSE(opens(SealedBox({other_key_}, clock_, random_), sealed));
}

TEST_F(SealedBoxTest, LimitsOnBothSides) {
  const auto over = box_.seal("code", std::string(kMaxSealedContent + 1, 'x'), seconds(60));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().category, Category::too_large);
  EXPECT_LE(seal(std::string(kMaxSealedContent, 'x')).size(), kMaxSealedText);
  EXPECT_FALSE(opens(box_, std::string(kMaxSealedText + 1, 'A')));
  EXPECT_FALSE(opens(box_, std::string(kMaxSealedText, 'A')));
  std::vector<std::string> keys(kMaxSealKeys - 1, other_key_);
  keys.push_back(key_);
  EXPECT_TRUE(opens(SealedBox(keys, clock_, random_), seal("state")));
}

}  // namespace
}  // namespace vesta::identity
