// SIV: what opens, what is the same each time, and what must not open.
#include "identity/siv.h"

#include <gtest/gtest.h>

namespace vesta::identity {
namespace {

const std::string kKey(kSivKeyBytes, 'k');

TEST(Siv, opens_what_it_sealed) {
  const std::string sealed = siv_seal(kKey, "id", "abc");
  EXPECT_EQ(sealed.size(), 3 + kSivTagBytes);
  EXPECT_EQ(siv_open(kKey, "id", sealed), "abc");
}

TEST(Siv, is_the_same_each_time_and_another_by_key_and_purpose) {
  EXPECT_EQ(siv_seal(kKey, "id", "abc"), siv_seal(kKey, "id", "abc"));
  EXPECT_NE(siv_seal(kKey, "id", "abc"), siv_seal(kKey, "id", "abd"));
  EXPECT_NE(siv_seal(kKey, "id", "abc"), siv_seal(kKey, "of", "abc"));
  EXPECT_NE(siv_seal(kKey, "id", "abc"), siv_seal(std::string(kSivKeyBytes, 'l'), "id", "abc"));
}

TEST(Siv, does_not_open_what_is_altered_or_for_something_else) {
  std::string sealed = siv_seal(kKey, "id", "abc");
  EXPECT_EQ(siv_open(kKey, "of", sealed), std::nullopt);
  EXPECT_EQ(siv_open(std::string(kSivKeyBytes, 'l'), "id", sealed), std::nullopt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_EQ(siv_open(kKey, "id", altered), std::nullopt) << i;
  }
  EXPECT_EQ(siv_open(kKey, "id", sealed.substr(0, kSivTagBytes)), std::nullopt);
  EXPECT_EQ(siv_open(kKey, "id", ""), std::nullopt);
}

}  // namespace
}  // namespace vesta::identity
