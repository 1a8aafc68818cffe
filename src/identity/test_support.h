// What the tests of this module share: a clock that is set, and chance that is seeded.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace vesta::identity {

class SetClock : public Clock {
 public:
  Instant now() override { return Instant{now_us_}; }
  // From the epoch on: a deadline by this clock is past by the real one.
  std::chrono::steady_clock::time_point monotonic() override {
    return std::chrono::steady_clock::time_point(std::chrono::microseconds(now_us_ - kStartUs));
  }
  void advance(std::chrono::microseconds time) { now_us_ += time.count(); }

 private:
  static constexpr std::int64_t kStartUs = 1'767'225'600'000'000;  // 2026-01-01
  std::atomic<std::int64_t> now_us_{kStartUs};
};

class SeededRandom : public Random {
 public:
  std::uint64_t bits() override { return (state_ += 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u; }

 private:
  std::atomic<std::uint64_t> state_{42};
};

constexpr Instant at_seconds(std::int64_t seconds) {
  return Instant{seconds * 1'000'000};
}

}  // namespace vesta::identity
