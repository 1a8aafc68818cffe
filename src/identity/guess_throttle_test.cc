// Tests of throttling: what guessing costs, and that nobody is locked out by others.
#include "identity/guess_throttle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "identity/test_support.h"

namespace vesta::identity {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

class GuessThrottleTest : public testing::Test {
 protected:
  bool may_try(const SignInAttempt& attempt) { return !throttle_.begin(attempt).has_value(); }
  nanoseconds wait_of(const SignInAttempt& attempt) { return throttle_.begin(attempt).value_or(nanoseconds(0)); }
  void guess(const SignInAttempt& attempt, std::uint32_t times) {
    for (std::uint32_t i = 0; i < times; ++i) EXPECT_TRUE(may_try(attempt)) << i;
  }
  void advance(nanoseconds time) { clock_.advance(std::chrono::duration_cast<std::chrono::microseconds>(time)); }

  SetClock clock_;
  GuessThrottle throttle_{clock_};
  const SignInAttempt attacker_{"ada", "192.0.2.1", ""};
  const SignInAttempt owner_elsewhere_{"ada", "198.51.100.7", ""};
  const SignInAttempt owner_at_device_{"ada", "192.0.2.1", "device-1"};
};

TEST_F(GuessThrottleTest, AFewAreFreeThenEachWaitsTwiceAsLong) {
  guess(attacker_, kFreeGuesses);
  for (seconds expected = kFirstGuessDelay; expected < kMaxGuessDelay; expected *= 2) {
    EXPECT_EQ(wait_of(attacker_), expected);
    advance(expected - std::chrono::microseconds(1));
    EXPECT_EQ(wait_of(attacker_), std::chrono::microseconds(1)) << "asking costs nothing";
    advance(std::chrono::microseconds(1));
    guess(attacker_, 1);
  }
  EXPECT_EQ(wait_of(attacker_), kMaxGuessDelay);
  advance(kMaxGuessDelay);
  guess(attacker_, 1);
  EXPECT_EQ(wait_of(attacker_), kMaxGuessDelay);
}

TEST_F(GuessThrottleTest, AThousandGuessesTakeMoreThanAWeek) {
  nanoseconds total(0);
  for (int guesses = 0; guesses < 1000;) {
    const auto wait = throttle_.begin(attacker_);
    if (!wait) {
      ++guesses;
      continue;
    }
    total += *wait;
    advance(*wait);
  }
  EXPECT_GT(total, std::chrono::hours(7 * 24));
}

TEST_F(GuessThrottleTest, NobodyIsLockedOutByOthers) {
  guess(attacker_, kFreeGuesses);
  EXPECT_FALSE(may_try(attacker_));
  EXPECT_TRUE(may_try(owner_elsewhere_)) << "from another address";
  EXPECT_TRUE(may_try(owner_at_device_)) << "from the same address, on a device that is known";
  EXPECT_TRUE(may_try({"bob", "192.0.2.1", ""})) << "nor others at the address";
}

TEST_F(GuessThrottleTest, AnAddressThatTriesManyAccountsWaits) {
  for (std::uint32_t i = 0; i < kFreeAddressGuesses; ++i) guess({"user-" + std::to_string(i), "192.0.2.1", ""}, 1);
  EXPECT_EQ(wait_of({"ada", "192.0.2.1", ""}), kFirstGuessDelay);
  EXPECT_TRUE(may_try(owner_at_device_)) << "but not who is known";
  EXPECT_TRUE(may_try(owner_elsewhere_));
}

TEST_F(GuessThrottleTest, ADeviceIsKnownToOneAccountAndIsCountedToo) {
  guess(owner_at_device_, kFreeGuesses);
  EXPECT_EQ(wait_of(owner_at_device_), kFirstGuessDelay);
  EXPECT_TRUE(may_try({"ada", "192.0.2.1", "device-2"}));
  EXPECT_TRUE(may_try({"bob", "192.0.2.1", "device-1"}));
}

TEST_F(GuessThrottleTest, ARightPasswordForgetsTheWrongOnes) {
  guess(attacker_, kFreeGuesses - 1);
  throttle_.succeeded(attacker_);
  guess(attacker_, kFreeGuesses);
  EXPECT_FALSE(may_try(attacker_));
}

TEST_F(GuessThrottleTest, AnOwnAccountMakesGuessesOnOthersNoCheaper) {
  const SignInAttempt own{"mallory", "192.0.2.1", ""};
  for (std::uint32_t i = 0; i < kFreeAddressGuesses; ++i) {
    guess({"user-" + std::to_string(i), "192.0.2.1", ""}, 1);
    if (may_try(own)) throttle_.succeeded(own);
  }
  EXPECT_GT(wait_of(attacker_), seconds(0));
}

TEST_F(GuessThrottleTest, ManyAtTheSameTimeAreNotFree) {
  std::uint32_t begun = 0;
  for (int i = 0; i < 1000; ++i) begun += may_try(attacker_) ? 1 : 0;
  EXPECT_EQ(begun, kFreeGuesses);
}

TEST_F(GuessThrottleTest, WhatWasNotTriedIsNotCounted) {
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(may_try(attacker_));
    throttle_.abandoned(attacker_);
  }
  EXPECT_EQ(throttle_.counters(), 0u);
  throttle_.abandoned(attacker_);
  throttle_.succeeded(attacker_);
}

TEST_F(GuessThrottleTest, AfterADayItIsForgotten) {
  guess(attacker_, kFreeGuesses - 1);
  advance(kGuessMemory - seconds(1));
  guess(attacker_, 1);
  EXPECT_FALSE(may_try(attacker_)) << "each guess keeps the memory";
  advance(kGuessMemory);
  guess(attacker_, kFreeGuesses);
}

TEST_F(GuessThrottleTest, MemoryIsBoundedAndTheOldestGoes) {
  constexpr std::size_t kMost = 100;
  GuessThrottle small(clock_, kMost);
  for (std::uint32_t i = 0; i < kFreeGuesses; ++i) EXPECT_FALSE(small.begin(attacker_));
  const auto other = [](std::size_t i) {
    return SignInAttempt{"user-" + std::to_string(i), "2001:db8:" + std::to_string(i) + "::1", ""};
  };
  for (std::size_t i = 1; i < kMost; ++i) EXPECT_FALSE(small.begin(other(i)));
  EXPECT_EQ(small.counters(), 2 * kMost);
  EXPECT_TRUE(small.begin(attacker_)) << "not yet forgotten";
  for (std::size_t i = kMost; i < 2 * kMost; ++i) EXPECT_FALSE(small.begin(other(i)));
  EXPECT_EQ(small.counters(), 2 * kMost);
  EXPECT_FALSE(small.begin(attacker_)) << "forgotten";
}

TEST_F(GuessThrottleTest, OneCustomerHasOneAddress) {
  EXPECT_EQ(address_group("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_group("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("2001:db8:1:2::9"), address_group("2001:0DB8:0001:0002:ffff::"));
  EXPECT_NE(address_group("2001:db8:1:2::9"), address_group("2001:db8:1:3::9"));
  EXPECT_EQ(address_group("unknown"), "unknown");
}

}  // namespace
}  // namespace vesta::identity
