// What was decided of keys: what is forgotten is asked again, and nothing is taken for another key's.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "store/sqlite/shared_plans.h"

namespace vesta::store {
namespace {

TEST(DecidedKeysTest, ForgetsOneForAnother) {
  sqlite::DecidedKeys decided;
  EXPECT_EQ(decided.find(1, 7), std::nullopt);
  decided.keep(1, 7, true);
  decided.keep(1, 8, false);
  decided.keep(2, 7, false);
  EXPECT_EQ(decided.find(1, 7), true);
  EXPECT_EQ(decided.find(1, 8), false);
  EXPECT_EQ(decided.find(2, 7), false);
  std::size_t known = 0;
  constexpr std::int64_t kMany = 3 * sqlite::kDecidedKeys;
  for (std::int64_t key = 1; key <= kMany; ++key) decided.keep(3, key, key % 2 == 0);
  for (std::int64_t key = 1; key <= kMany; ++key) {
    const auto is_match = decided.find(3, key);
    if (!is_match) continue;
    ++known;
    ASSERT_EQ(*is_match, key % 2 == 0);
  }
  EXPECT_GT(known, 0u);
  EXPECT_LE(known, sqlite::kDecidedKeys);
}

// Of keys that want the same place, and threads that write and read them.
TEST(DecidedKeysTest, GivesToNobodyWhatWasDecidedOfAnother) {
  sqlite::DecidedKeys decided;
  constexpr std::size_t kKeys = 4;
  std::vector<std::int64_t> keys = {1};
  for (std::int64_t key = 2; keys.size() < kKeys; ++key) {
    decided.keep(1, 1, true);
    decided.keep(1, key, true);
    if (!decided.find(1, 1)) keys.push_back(key);
  }
  decided.keep(1, 1, true);
  constexpr int kRounds = 20'000;
  const auto is_match = [&](std::size_t i) { return i % 2 == 0; };
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < kKeys; ++i) decided.keep(1, keys[i], is_match(i));
      }
    });
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < kKeys; ++i) {
          const std::optional<bool> answer = decided.find(1, keys[i]);
          wrong += answer.has_value() && *answer != is_match(i);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  for (std::size_t i = 0; i < kKeys; ++i) {
    decided.keep(1, keys[i], is_match(i));
    EXPECT_EQ(decided.find(1, keys[i]), is_match(i)) << "a writer has left the place locked";
  }
}

}  // namespace
}  // namespace vesta::store
