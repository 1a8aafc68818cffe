// Version 7 UUIDs: ids that sort by the time at which they were made.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"

namespace vesta {

// Thread-safe. Each text that one generator gives is greater than the one before, whatever the clock does.
class UuidGenerator {
 public:
  // Both must outlive it.
  UuidGenerator(Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // Lower-case, 36 characters: "0192f0c4-5b6e-7a31-9c55-0f1c2d3e4f50".
  std::string next();

 private:
  Clock& clock_;
  Random& random_;
  Mutex mutex_;
  std::uint64_t last_ms_ GUARDED_BY(mutex_) = 0;
  std::uint64_t counter_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta
