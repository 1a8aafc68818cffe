// What every cache must do, on each engine.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "cache/cache.h"
#include "cache/memory_cache.h"
#include "cache/redis_cache.h"
#include "cache/test_redis.h"

namespace vesta::cache {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{600'000};

struct InMemory {
  std::unique_ptr<Cache> open() { return std::make_unique<MemoryCache>(system_clock()); }
};
struct InRedis {
  std::unique_ptr<Cache> open() {
    auto cache = std::make_unique<RedisCache>(redis.url(), nullptr, test::kPatient);
    test::wait_until_connected(*cache);
    return cache;
  }
  test::Redis redis;
};

template <class Engine>
class CacheContractTest : public ::testing::Test {
 protected:
  Engine engine_;
  std::unique_ptr<Cache> cache_ = engine_.open();
};
using Engines = ::testing::Types<InMemory, InRedis>;
TYPED_TEST_SUITE(CacheContractTest, Engines);

TYPED_TEST(CacheContractTest, KeepsBytesAsTheyAre) {
  Cache& cache = *this->cache_;
  EXPECT_EQ(cache.get("a"), std::nullopt);
  const std::string bytes("\0\r\n$3\xff", 7), key("k\0 \r\n", 5);
  cache.set(key, bytes, kLong);
  EXPECT_EQ(cache.get(key), bytes);
  EXPECT_EQ(cache.get("k"), std::nullopt);
  cache.set("empty", "", kLong);
  EXPECT_EQ(cache.get("empty"), "");
  cache.set(key, "another", kLong);
  EXPECT_EQ(cache.get(key), "another");
}

TYPED_TEST(CacheContractTest, ErasesOneOnly) {
  Cache& cache = *this->cache_;
  cache.set("a", "1", kLong);
  cache.set("b", "2", kLong);
  cache.erase("a");
  cache.erase("nobody");
  EXPECT_EQ(cache.get("a"), std::nullopt);
  EXPECT_EQ(cache.get("b"), "2");
}

TYPED_TEST(CacheContractTest, ForgetsWhenItsTimeIsOver) {
  Cache& cache = *this->cache_;
  cache.set("short", "1", milliseconds(1));
  cache.set("long", "2", kLong);
  for (int i = 0; i < 5'000 && cache.get("short").has_value(); ++i) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(cache.get("short"), std::nullopt);
  EXPECT_EQ(cache.get("long"), "2");
}

TYPED_TEST(CacheContractTest, KeepsNothingAboveItsLimits) {
  Cache& cache = *this->cache_;
  const std::string key(kMaxKeyBytes, 'k'), value(kMaxValueBytes, 'v');
  cache.set(key, value, kLong);
  EXPECT_EQ(cache.get(key), value);
  cache.set(key, value + "v", kLong);
  EXPECT_EQ(cache.get(key), std::nullopt) << "nor what was there before";
  cache.set(key + "k", "1", kLong);
  EXPECT_EQ(cache.get(key + "k"), std::nullopt);
  EXPECT_EQ(cache.take(key + "k", {.per_second = 1, .most = 1}), std::nullopt);
  cache.erase(key + "k");
}

TYPED_TEST(CacheContractTest, ABucketHasAsManyAsItHoldsAndFillsAgain) {
  Cache& cache = *this->cache_;
  const Bucket slow{.per_second = 0.001, .most = 3};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cache.take("a", slow), true) << i;
  EXPECT_EQ(cache.take("a", slow), false);
  EXPECT_EQ(cache.take("a", slow), false);
  EXPECT_EQ(cache.take("b", slow), true) << "each has its own";
  const Bucket fast{.per_second = 100, .most = 1};
  EXPECT_EQ(cache.take("c", fast), true);
  bool has_one = false;
  for (int i = 0; i < 5'000 && !has_one; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
    has_one = cache.take("c", fast).value_or(false);
  }
  EXPECT_TRUE(has_one);
}

TYPED_TEST(CacheContractTest, ManyThreadsTakeNoMoreThanThereIs) {
  Cache& cache = *this->cache_;
  constexpr int kMost = 100;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {  // more than there are links
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) {
        taken += cache.take("a", {.per_second = 0.001, .most = kMost}).value_or(false) ? 1 : 0;
        const std::string key = std::to_string(i) + "/" + std::to_string(n);
        cache.set(key, "of " + key, kLong);
        EXPECT_EQ(cache.get(key), "of " + key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, kMost);
}

}  // namespace
}  // namespace vesta::cache
