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
  constexpr std::int64_t kMany = 3 * sqlite::kDecidedBlocks;
  const auto is_even = [](std::int64_t block) { return block % 2 == 0; };
  for (std::int64_t i = 1; i <= kMany; ++i) decided.keep(3, i * sqlite::kKeysOfBlock, is_even(i));
  for (std::int64_t i = 1; i <= kMany; ++i) {
    const auto is_match = decided.find(3, i * sqlite::kKeysOfBlock);
    if (!is_match) continue;
    ++known;
    ASSERT_EQ(*is_match, is_even(i));
  }
  EXPECT_GT(known, 0u);
  EXPECT_LE(known, sqlite::kDecidedBlocks);
}

TEST(DecidedKeysTest, KnowsEachKeyOfABlockByItself) {
  sqlite::DecidedKeys decided;
  constexpr std::int64_t kFirst = 5 * sqlite::kKeysOfBlock, kEnd = kFirst + 3 * sqlite::kKeysOfBlock;
  const auto decision = [](std::int64_t key) { return key % 3 == 0 ? std::nullopt : std::optional(key % 3 == 1); };
  for (std::int64_t key = kFirst; key < kEnd; ++key) {
    if (decision(key)) decided.keep(1, key, *decision(key));
  }
  for (std::int64_t key = kFirst - 1; key <= kEnd; ++key) {
    EXPECT_EQ(decided.find(1, key), key < kFirst || key == kEnd ? std::nullopt : decision(key)) << key;
    EXPECT_EQ(decided.find(2, key), std::nullopt);
  }
  constexpr std::int64_t kChanged = kFirst + 2, kNext = kFirst + 3;
  static_assert(kChanged % 3 == 1 && kNext % 3 == 2);
  decided.keep(1, kChanged, false);
  EXPECT_EQ(decided.find(1, kChanged), false);
  EXPECT_EQ(decided.find(1, kNext), false);
  decided.keep(1, kNext, true);
  EXPECT_EQ(decided.find(1, kChanged), false);
  EXPECT_EQ(decided.find(1, kNext), true);
}

// Of keys that want the same place, and threads that write and read them.
TEST(DecidedKeysTest, GivesToNobodyWhatWasDecidedOfAnother) {
  sqlite::DecidedKeys decided;
  constexpr std::size_t kKeys = 4;
  std::vector<std::int64_t> keys = {1};
  for (std::int64_t key = sqlite::kKeysOfBlock; keys.size() < kKeys; key += sqlite::kKeysOfBlock / 2) {
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
