// Arithmetic of Instants.
#pragma once

#include <chrono>

#include "base/ids.h"

namespace vesta {

constexpr Instant later_by(Instant instant, std::chrono::microseconds duration) {
  return {instant.value + duration.count()};
}

}  // namespace vesta
