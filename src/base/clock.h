// Clock and Random: time and chance as interfaces, so that tests can seed both.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/ids.h"

namespace vesta {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;                                      // wall clock
  virtual std::chrono::steady_clock::time_point monotonic() = 0;  // for deadlines and durations
};
Clock& system_clock();

// Thread-safe. `bits` returns 64 random bits, from the system's generator in production.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t bits() = 0;
};
Random& system_random();

}  // namespace vesta
