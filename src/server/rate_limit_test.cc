// Rate limits: bursts, refilling, whose bucket it is, and how many are remembered.
#include "server/rate_limit.h"

#include <gtest/gtest.h>

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
  RateLimit limit(3, clock_, &refused);
  EXPECT_EQ(admitted(limit, "a", 100), 3 * kBurstSeconds);
  EXPECT_NE(metrics.render().find("refused 70"), std::string::npos) << metrics.render();
  EXPECT_EQ(admitted(limit, "b", 1), 1U) << "others have their own";
  clock_.at += std::chrono::seconds(1);
  EXPECT_EQ(admitted(limit, "a", 100), 3U) << "what Retry-After says";
  clock_.at += std::chrono::hours(1);
  EXPECT_EQ(admitted(limit, "a", 100), 3 * kBurstSeconds) << "no more is saved";
}

TEST_F(RateLimitTest, WithoutARateAllAreAdmitted) {
  RateLimit limit(0, clock_, nullptr);
  EXPECT_EQ(admitted(limit, "a", 100'000), 100'000U);
}

TEST_F(RateLimitTest, RemembersSoMany) {
  RateLimit limit(1, clock_, nullptr);
  EXPECT_EQ(admitted(limit, "first", 100), kBurstSeconds);
  for (std::size_t i = 1; i < kMaxRateLimited; ++i) limit.admits(std::to_string(i));
  EXPECT_EQ(admitted(limit, "first", 100), 0U);
  for (std::size_t i = 0; i < kMaxRateLimited; ++i) limit.admits("other" + std::to_string(i));
  EXPECT_EQ(admitted(limit, "first", 100), kBurstSeconds) << "who came longest ago begins anew";
}

}  // namespace
}  // namespace vesta::server
