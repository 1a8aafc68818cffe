// A node's clock beside the database's.
#include <gtest/gtest.h>

#include <chrono>

#include "base/clock.h"
#include "jobs/node.h"
#include "server/config.h"
#include "server/store_setup.h"
#include "store/postgres/test_server.h"

namespace vesta::server {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

class ShiftedClock : public Clock {
 public:
  explicit ShiftedClock(microseconds by) : by_(by) {}
  Instant now() override { return Instant{system_clock().now().value + by_.count()}; }
  std::chrono::steady_clock::time_point monotonic() override { return system_clock().monotonic(); }

 private:
  const microseconds by_;
};

TEST(CheckClock, RefusesOneThatIsApart) {
  const store::postgres::test::TemporaryDatabase database;
  StoreConfig config;
  config.engine = database.url();
  const microseconds limit = jobs::kMaxClockDifference;
  for (const microseconds by : {microseconds(0), limit - seconds(2), seconds(2) - limit}) {
    ShiftedClock clock(by);
    const Status checked = check_clock(config, clock);
    EXPECT_TRUE(checked.ok()) << checked.error().message;
  }
  for (const microseconds by : {limit + seconds(2), -limit - seconds(2)}) {
    ShiftedClock clock(by);
    const Status checked = check_clock(config, clock);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().category, Category::unavailable);
    EXPECT_NE(checked.error().message.find(by.count() > 0 ? "clock is -" : "clock is "), std::string::npos)
        << checked.error().message;
  }
}

}  // namespace
}  // namespace vesta::server
