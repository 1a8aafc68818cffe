// FhirpathBudget: how much all expressions of one request may do together.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxRequestSteps = 10'000'000;  // of FHIRPath: ten times those of one evaluation
inline constexpr std::size_t kExpressionBytesPerStep = 4;    // of a text that is compiled

// Of one request: a $fhirpath, or a batch of them.
class FhirpathBudget {
 public:
  // For compiling a text of so many bytes.
  void take_text(std::size_t bytes) { steps_ += 1 + bytes / kExpressionBytesPerStep; }
  // For an evaluation, which counts on by itself, by fhirpath::kMaxSteps at most.
  std::size_t& steps() { return steps_; }
  // Asked before each part of the work. Errors: too_large (kMaxRequestSteps).
  Status check() const;

 private:
  std::size_t steps_ = 0;
};

}  // namespace vesta::ops
