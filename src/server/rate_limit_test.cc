// Rate limits: bursts, refilling, whose bucket it is, how many are remembered, and several nodes.
#include "server/rate_limit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "cache/memory_cache.h"
#include "cache/redis_cache.h"
#include "cache/redis_url.h"

namespace vesta::server {
namespace {

class SteppedClock final : public Clock {
 public:
  Instant now() override { return {}; }
  std::chrono::steady_clock::time_point monotonic() override { return at; }
  std::chrono::steady_clock::time_point at{};
};

class RateLimitTest : public ::testing::Test {
 protected:
  std::size_t admitted(RateLimit& limit, const std::string& who, std::size_t tries) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < tries; ++i) count += limit.admits(who) ? 1 : 0;
    return count;
  }
  SteppedClock clock_;
};

TEST_F(RateLimitTest, AdmitsABurstAndThenTheRate) {
  Metrics metrics;
  Counter& refused = metrics.counter("refused", "");
  RateLimit limit(3, "address", clock_, &refused);
  EXPECT_EQ(admitted(limit, "a", 100), 3 * kBurstSeconds);
  EXPECT_NE(metrics.render().find("refused 70"), std::string::npos) << metrics.render();
  EXPECT_EQ(admitted(limit, "b", 1), 1U) << "others have their own";
  clock_.at += std::chrono::seconds(1);
  EXPECT_EQ(admitted(limit, "a", 100), 3U) << "what Retry-After says";
  clock_.at += std::chrono::hours(1);
  EXPECT_EQ(admitted(limit, "a", 100), 3 * kBurstSeconds) << "no more is saved";
}

TEST_F(RateLimitTest, WithoutARateAllAreAdmitted) {
  RateLimit limit(0, "address", clock_, nullptr);
  EXPECT_EQ(admitted(limit, "a", 100'000), 100'000U);
}

TEST_F(RateLimitTest, RemembersSoMany) {
  RateLimit limit(1, "address", clock_, nullptr);
  EXPECT_EQ(admitted(limit, "first", 100), kBurstSeconds);
  constexpr std::size_t kKeyBytes = sizeof("vesta/rate/address/") - 1 + 43;  // of a digest
  constexpr std::size_t kMost = kRateLimitBytes / (cache::kEntryBytes + kKeyBytes);
  for (std::size_t i = 1; i < kMost; ++i) limit.admits(std::to_string(i));
  EXPECT_EQ(admitted(limit, "first", 100), 0U);
  for (std::size_t i = 0; i < kMost; ++i) limit.admits("other" + std::to_string(i));
  EXPECT_EQ(admitted(limit, "first", 100), kBurstSeconds) << "who came longest ago begins anew";
}

TEST_F(RateLimitTest, NodesShareWhatOneMayDo) {
  cache::MemoryCache shared(clock_);
  RateLimit a(2, "address", clock_, nullptr, &shared), b(2, "address", clock_, nullptr, &shared);
  RateLimit clients(2, "client", clock_, nullptr, &shared);
  EXPECT_EQ(admitted(a, "who", 5) + admitted(b, "who", 100), 2 * kBurstSeconds);
  EXPECT_EQ(admitted(clients, "who", 100), 2 * kBurstSeconds) << "who has another limit there";
  clock_.at += std::chrono::seconds(1);
  EXPECT_EQ(admitted(b, "who", 100), 2U);
  EXPECT_EQ(admitted(a, std::string(10'000, 'w'), 100), 2 * kBurstSeconds);
}

TEST_F(RateLimitTest, ANodeLimitsByItselfWhileTheCacheIsAway) {
  cache::RedisUrl nowhere;
  nowhere.socket = "/nowhere/redis.sock";
  cache::RedisCache away(nowhere);
  RateLimit limit(2, "address", clock_, nullptr, &away);
  EXPECT_EQ(admitted(limit, "who", 100), 2 * kBurstSeconds);
}

}  // namespace
}  // namespace vesta::server
