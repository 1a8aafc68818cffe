// Deadlines of threads.
#include "base/deadline.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace vesta {
namespace {

using SteadyClock = std::chrono::steady_clock;

TEST(Deadline, IsOfTheInnermostScopeOfItsThread) {
  EXPECT_EQ(current_deadline(), SteadyClock::time_point::max());
  const auto soon = SteadyClock::now() + std::chrono::hours(1);
  {
    const DeadlineScope outer(soon);
    EXPECT_EQ(current_deadline(), soon);
    EXPECT_EQ(deadline_within(std::chrono::hours(2)), soon);
    EXPECT_LT(deadline_within(std::chrono::minutes(1)), soon);
    EXPECT_FALSE(is_deadline_over());
    {
      const DeadlineScope inner(SteadyClock::now());
      EXPECT_TRUE(is_deadline_over());
    }
    EXPECT_EQ(current_deadline(), soon);
    std::thread([] { EXPECT_EQ(current_deadline(), SteadyClock::time_point::max()); }).join();
  }
  EXPECT_EQ(current_deadline(), SteadyClock::time_point::max());
}

TEST(Arrival, IsTakenOnceInTheScopeOfItsThread) {
  EXPECT_EQ(take_arrival(), std::nullopt);
  const auto now = SteadyClock::now();
  {
    const ArrivalScope scope(now);
    std::thread([] { EXPECT_EQ(take_arrival(), std::nullopt); }).join();
    EXPECT_EQ(take_arrival(), now);
    EXPECT_EQ(take_arrival(), std::nullopt);
  }
  {
    const ArrivalScope scope(now);
  }
  EXPECT_EQ(take_arrival(), std::nullopt);
}

}  // namespace
}  // namespace vesta
