// Tests of the log's two forms, its levels and its request ids.
#include "base/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace vesta::log {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    set_sink([this](std::string_view line) { lines_.emplace_back(line); });
    set_format(Format::json);
  }
  void TearDown() override {
    set_sink(nullptr);
    set_format(Format::automatic);
    set_level(Level::info);
  }
  // The last line behind its time stamp.
  std::string last() const { return lines_.empty() ? "" : lines_.back().substr(lines_.back().find("Z") + 1); }

  std::vector<std::string> lines_;
};

TEST_F(LogTest, JsonHasTypedFieldsAndTheRequestId) {
  const std::string path = "a\"b";
  {
    RequestScope outer("r-1");
    {
      RequestScope inner("r-2");
      EXPECT_EQ(current_request_id(), "r-2");
    }
    info("store opened", {{"path", path},
                          {"elapsed_ms", 12},
                          {"big", 18446744073709551615ULL},
                          {"load", 0.5},
                          {"is_new", true},
                          {"kind", "x"},
                          {"bad", std::numeric_limits<double>::infinity()}});
  }
  EXPECT_EQ(last(), R"(","level":"info","message":"store opened","request_id":"r-1","path":"a\"b","elapsed_ms":12,)"
                    R"("big":18446744073709551615,"load":0.5,"is_new":true,"kind":"x","bad":null})");
  EXPECT_EQ(current_request_id(), "");
  EXPECT_EQ(lines_[0].substr(0, 10), R"({"time":"2)");
}

TEST_F(LogTest, TextFormIsOneLine) {
  set_format(Format::text);
  warning("two\nlines\x1b[31m", {{"n", -1}, {"raw", "\xff"}});
  EXPECT_EQ(last(), " warning two\\nlines\\u001b[31m n=-1 raw=\"\\u00ff\"");
}

TEST_F(LogTest, LevelsFilter) {
  debug("no");
  EXPECT_TRUE(lines_.empty());
  EXPECT_FALSE(enabled(Level::debug));
  set_level(Level::debug);
  debug("yes");
  EXPECT_EQ(lines_.size(), 1u);
  set_level(Level::off);
  error("no");
  EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(LogTest, NeverThrows) {
  set_sink([](std::string_view) { throw std::runtime_error("sink"); });
  EXPECT_NO_THROW(error("x"));
}

}  // namespace
}  // namespace vesta::log
