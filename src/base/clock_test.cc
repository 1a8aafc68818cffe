// Tests of the system's clock, randomness and version 7 UUIDs.
#include "base/clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "base/uuid.h"

namespace vesta {
namespace {

class ManualClock final : public Clock {
 public:
  Instant now() override { return Instant{micros}; }
  std::chrono::steady_clock::time_point monotonic() override { return {}; }
  std::int64_t micros = 0;
};

class FixedRandom final : public Random {
 public:
  std::uint64_t bits() override { return ~0ULL; }
};

TEST(ClockTest, SystemClockIsPlausible) {
  EXPECT_GT(system_clock().now().value, 1'700'000'000'000'000);
  const auto earlier = system_clock().monotonic();
  EXPECT_LE(earlier, system_clock().monotonic());
}

TEST(RandomTest, WordsDifferAcrossBlocksAndThreads) {
  constexpr int kWords = 1000;
  std::vector<std::uint64_t> words(2 * kWords);
  std::thread other([&] {
    for (int i = 0; i < kWords; ++i) words[i] = system_random().bits();
  });
  for (int i = kWords; i < 2 * kWords; ++i) words[i] = system_random().bits();
  other.join();
  EXPECT_EQ(std::set<std::uint64_t>(words.begin(), words.end()).size(), words.size());
}

TEST(UuidTest, HasVersionVariantAndTime) {
  ManualClock clock;
  FixedRandom random;
  clock.micros = 0x0192F0C45B6E * 1000LL + 999;
  UuidGenerator uuids(clock, random);
  EXPECT_EQ(uuids.next(), "0192f0c4-5b6e-77ff-bfff-ffffffffffff");
  EXPECT_EQ(uuids.next(), "0192f0c4-5b6e-7800-bfff-ffffffffffff");
}

TEST(UuidTest, IncreasesThoughTheClockStandsOrStepsBack) {
  ManualClock clock;
  UuidGenerator uuids(clock, system_random());
  clock.micros = 5'000'000;
  std::string last = uuids.next();
  for (int i = 0; i < 20'000; ++i) {
    if (i == 10'000) clock.micros = 1'000'000;
    std::string next = uuids.next();
    ASSERT_LT(last, next) << i;
    last = std::move(next);
  }
}

TEST(UuidTest, ThreadsNeverShareOne) {
  UuidGenerator uuids(system_clock(), system_random());
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& list : made) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) list.push_back(uuids.next());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& list : made) {
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
    all.insert(list.begin(), list.end());
  }
  EXPECT_EQ(all.size(), 8000u);
}

}  // namespace
}  // namespace vesta
