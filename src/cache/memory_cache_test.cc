// The memory engine: its bound, and time that is passed in.
#include "cache/memory_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/clock.h"

namespace vesta::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SteppedClock final : public Clock {
 public:
  Instant now() override { return {}; }
  std::chrono::steady_clock::time_point monotonic() override { return time; }

  std::chrono::steady_clock::time_point time;
};

TEST(MemoryCacheTest, KeepsWhatWasUsedLast) {
  SteppedClock clock;
  const std::string value(100, 'v');
  const std::size_t entry = kEntryBytes + 1 + value.size();
  MemoryCache cache(clock, 2 * entry);
  cache.set("a", value, seconds(9));
  cache.set("b", value, seconds(9));
  EXPECT_EQ(cache.bytes(), 2 * entry);
  EXPECT_TRUE(cache.get("a").has_value());
  cache.set("c", value, seconds(9));
  EXPECT_EQ(cache.bytes(), 2 * entry);
  EXPECT_TRUE(cache.get("a").has_value());
  EXPECT_FALSE(cache.get("b").has_value());
  cache.set("d", std::string(2 * entry - kEntryBytes, 'v'), seconds(9));
  EXPECT_FALSE(cache.get("d").has_value()) << "a byte more than there is";
  cache.set("d", std::string(2 * entry - kEntryBytes - 1, 'v'), seconds(9));
  EXPECT_TRUE(cache.get("d").has_value());
  EXPECT_FALSE(cache.get("a").has_value());
  cache.erase("d");
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(MemoryCacheTest, EndsAtItsTime) {
  SteppedClock clock;
  MemoryCache cache(clock);
  cache.set("a", "1", milliseconds(5));
  clock.time += milliseconds(4);
  EXPECT_EQ(cache.get("a"), "1");
  clock.time += milliseconds(1);
  EXPECT_EQ(cache.get("a"), std::nullopt);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(MemoryCacheTest, FillsByTheTimeThatPassed) {
  SteppedClock clock;
  MemoryCache cache(clock);
  const Bucket bucket{.per_second = 2, .most = 4};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(cache.take("a", bucket), true);
  EXPECT_EQ(cache.take("a", bucket), false);
  clock.time += milliseconds(499);
  EXPECT_EQ(cache.take("a", bucket), false);
  clock.time += milliseconds(1);
  EXPECT_EQ(cache.take("a", bucket), true);
  EXPECT_EQ(cache.take("a", bucket), false);
  clock.time += seconds(60);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(cache.take("a", bucket), true);
  EXPECT_EQ(cache.take("a", bucket), false);
}

}  // namespace
}  // namespace vesta::cache
