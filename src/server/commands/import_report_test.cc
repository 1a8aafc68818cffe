// The progress of an import as it is shown: bar, rate and time left by a clock that the test moves.
#include "server/commands/import_report.h"

#include <gtest/gtest.h>

#include <sstream>

namespace vesta::server::commands {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeClock : public Clock {
 public:
  Instant now() override { return Instant{0}; }
  std::chrono::steady_clock::time_point monotonic() override { return now_; }
  void advance(milliseconds by) { now_ += by; }

 private:
  std::chrono::steady_clock::time_point now_{};
};

struct Shown {
  std::ostringstream out;
  FakeClock clock;

  // What has come since the last call.
  std::string take() {
    std::string text = out.str();
    out.str({});
    return text;
  }
};

TEST(ImportReport, ALineHasShareRateAndTimeLeft) {
  Shown shown;
  ImportReport report(shown.out, shown.clock, ProgressStyle::lines, 1'000);
  report.add_resources(10);
  report.add_bytes(50);
  EXPECT_EQ(shown.take(), "") << "not before its time";
  shown.clock.advance(seconds(5));
  report.add_bytes(50);
  EXPECT_EQ(shown.take(), " 10 %  10 resources  2/s  0:45 left\n");
  report.add_resources(30);
  EXPECT_EQ(shown.take(), "") << "once in five seconds";
  shown.clock.advance(milliseconds(4'999));
  report.add_resources(30);
  EXPECT_EQ(shown.take(), "");
  shown.clock.advance(milliseconds(1));
  report.add_bytes(400);
  EXPECT_EQ(shown.take(), " 50 %  70 resources  7/s  0:10 left\n");
}

TEST(ImportReport, TimeLeftHasHoursAndComesFromThisRunAlone) {
  Shown shown;
  ImportReport report(shown.out, shown.clock, ProgressStyle::lines, 1'000'000);
  report.skip_file(280'000);  // an earlier run's: it says nothing about the speed of this one
  shown.clock.advance(seconds(10));
  report.add_bytes(1'000);
  EXPECT_EQ(shown.take(), " 28 %  0 resources  0/s  1:59:50 left\n");
  report.finish();
  EXPECT_EQ(shown.take(),
            "Imported 0 resources of 0 files in 10.0 s (0 resources/s); 1 files were imported before; 0 errors.\n");
}

TEST(ImportReport, ABarFillsAndMakesRoomForLines) {
  Shown shown;
  ImportReport report(shown.out, shown.clock, ProgressStyle::terminal, 100);
  shown.clock.advance(milliseconds(200));
  report.add_bytes(25);
  EXPECT_EQ(shown.take(), "\r\x1b[K[######..................]  25 %  0 resources  0/s  0:01 left");
  report.add_error("a.json", 0, make_error(Category::invalid, "broken"));
  EXPECT_EQ(shown.take(), "\na.json: broken\n") << "an error does not stand in the bar's line";
  shown.clock.advance(milliseconds(800));
  report.add_resources(8);
  EXPECT_EQ(shown.take(), "\r\x1b[K[######..................]  25 %  8 resources  8/s  0:03 left");
  report.add_bytes(200);  // a file that grew: no more than all of it
  report.finish_file();
  const ImportSummary summary = report.finish();
  EXPECT_EQ(shown.take(),
            "\r\x1b[K[########################] 100 %  8 resources  8/s  0:00 left\n"
            "Imported 8 resources of 1 files in 1.0 s (8 resources/s); 1 errors.\n");
  EXPECT_EQ(summary.resources, 8u);
  EXPECT_EQ(summary.errors, 1u);
}

TEST(ImportReport, NothingOfProgressWhereNoneIsWanted) {
  Shown shown;
  ImportReport report(shown.out, shown.clock, ProgressStyle::none, 0);
  shown.clock.advance(seconds(60));
  report.add_resources(1);
  report.add_bytes(1);
  EXPECT_EQ(shown.take(), "");
  report.finish();
  EXPECT_EQ(shown.take(), "Imported 1 resources of 0 files in 60.0 s (0 resources/s); 0 errors.\n");
}

}  // namespace
}  // namespace vesta::server::commands
