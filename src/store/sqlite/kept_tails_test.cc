// Tests of kept tails: what is found, what goes when there is no room, and the limits.
#include "store/sqlite/kept_tails.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta::store::sqlite {
namespace {

bool has_tail(KeptTails& tails, std::uint64_t seq) {
  std::string tail;
  return tails.find({seq}, tail);
}

TEST(KeptTails, GiveBackWhatWasKept) {
  KeptTails tails;
  std::string tail;
  EXPECT_FALSE(tails.find({7}, tail));
  tails.keep({7}, "seven");
  tails.keep({23}, "another");
  ASSERT_TRUE(tails.find({7}, tail));
  EXPECT_EQ(tail, "seven");
  EXPECT_FALSE(has_tail(tails, 8));
  const std::size_t bytes = tails.bytes();
  tails.keep({7}, "seven");
  EXPECT_EQ(tails.bytes(), bytes);
}

TEST(KeptTails, KeepNoneThatIsTooLong) {
  KeptTails tails;
  tails.keep({1}, std::string(kMaxKeptTail, 'a'));
  tails.keep({2}, std::string(kMaxKeptTail + 1, 'a'));
  EXPECT_TRUE(has_tail(tails, 1));
  EXPECT_FALSE(has_tail(tails, 2));
}

TEST(KeptTails, StayBelowTheirLimitAndLetGoWhatNobodyAsksFor) {
  constexpr std::size_t kLimit = kKeptShards * 20'000;
  KeptTails tails(kLimit);
  tails.keep({1}, "asked for again and again");
  tails.keep({2}, "asked for never");
  for (std::uint64_t seq = 3; seq < 2'000; ++seq) {
    tails.keep({seq}, std::string(500, 'a'));
    ASSERT_TRUE(has_tail(tails, 1)) << seq;
    ASSERT_LE(tails.bytes(), kLimit) << seq;
  }
  EXPECT_FALSE(has_tail(tails, 2));
  EXPECT_TRUE(has_tail(tails, 1'999));
  EXPECT_GT(tails.bytes(), kLimit / 3);
}

}  // namespace
}  // namespace vesta::store::sqlite
