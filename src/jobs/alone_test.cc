// Who is seen to beat serves; who only stands in the list has died.
#include "jobs/alone.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "jobs/node.h"

namespace vesta::jobs {
namespace {

class SteppedClock : public Clock {
 public:
  Instant now() override { return {}; }
  std::chrono::steady_clock::time_point monotonic() override { return at_; }
  void pass(std::chrono::milliseconds time) { at_ += time; }

 private:
  std::chrono::steady_clock::time_point at_ = {};
};

NodeEntry node(const std::string& id, std::uint64_t beat) {
  return {.id = id, .version = "1.2.3", .roles = "api", .issuer = "-", .beat = beat};
}

TEST(CheckAlone, NobodyStandsInTheList) {
  SteppedClock clock;
  int reads = 0;
  const auto none = [&reads] {
    ++reads;
    return Result<std::optional<std::string>>(std::optional<std::string>());
  };
  EXPECT_TRUE(check_alone(none, clock).ok());
  EXPECT_EQ(reads, 1);
}

TEST(CheckAlone, OneThatHasDiedIsNotWaitedForLongerThanANodeLives) {
  SteppedClock clock;
  int reads = 0;
  const auto dead = [&] {
    ++reads;
    clock.pass(kNodeLife / 2);
    return Result<std::optional<std::string>>(encode_nodes({node("a", 7)}));
  };
  const auto checked = check_alone(dead, clock);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(*checked, encode_nodes({node("a", 7)}));
  EXPECT_EQ(reads, 2);
}

TEST(CheckAlone, OneThatBeatsServes) {
  SteppedClock clock;
  std::uint64_t beat = 7;
  const auto read = [&] { return Result<std::optional<std::string>>(encode_nodes({node("a", 7), node("b", beat++)})); };
  const auto checked = check_alone(read, clock);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().category, Category::busy);
  EXPECT_NE(checked.error().message.find("b (version 1.2.3, api)"), std::string::npos) << checked.error().message;
  EXPECT_EQ(checked.error().message.find("a (version"), std::string::npos);
}

TEST(CheckAlone, OneThatComesMeanwhileServes) {
  SteppedClock clock;
  int reads = 0;
  const auto read = [&] {
    return Result<std::optional<std::string>>(++reads == 1 ? encode_nodes({node("a", 7)})
                                                           : encode_nodes({node("a", 7), node("c", 1)}));
  };
  EXPECT_EQ(check_alone(read, clock).error().category, Category::busy);
}

TEST(CheckAlone, ADamagedListIsNoEmptyOne) {
  SteppedClock clock;
  EXPECT_EQ(check_alone([] { return Result<std::optional<std::string>>("x"); }, clock).error().category,
            Category::internal);
}

}  // namespace
}  // namespace vesta::jobs
