// Budget: how much one evaluation has done, held to kMaxSteps.
#pragma once

#include <cstddef>

#include "fhirpath/program.h"

namespace vesta::fhirpath {

// A step is one node looked at, one operation, or 64 bytes of a text. Counting is what bounds the time of any
// expression on any tree.
class Budget {
 public:
  explicit Budget(std::size_t limit = kMaxSteps) : limit_(limit) {}

  // False: the limit is reached, and what follows must be given up.
  bool spend(std::size_t steps = 1) {
    used_ += steps;
    return used_ <= limit_;
  }
  bool spent() const { return used_ > limit_; }
  std::size_t used() const { return used_; }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
};

}  // namespace vesta::fhirpath
