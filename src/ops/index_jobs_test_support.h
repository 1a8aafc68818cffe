// What the tests of background indexing share.
#pragma once

#include <chrono>
#include <string_view>

#include "ops/test_support.h"

namespace vesta::ops::testing {

inline constexpr std::string_view kNickname =
    R"({"resourceType":"SearchParameter","id":"nick","url":"http://x/nick","name":"nick","status":"active",)"
    R"("description":"d","code":"nick","base":["Patient"],"type":"string","expression":"Patient.name.given"})";

// Its deadlines move by `wait` only.
class StepClock : public TestClock {
 public:
  std::chrono::steady_clock::time_point monotonic() override { return std::chrono::steady_clock::time_point(time_); }
  void wait(std::chrono::milliseconds time) { time_ += time; }

 private:
  std::chrono::milliseconds time_{1'000'000};
};

}  // namespace vesta::ops::testing
