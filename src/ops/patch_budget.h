// PatchBudget: how much all patches of one request may do together.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxRequestPatchOperations = 1'000;  // of all patches of one request
inline constexpr std::size_t kPatchBytesPerStep = 64;             // of a text that is read, walked or written

// Of one request: a PATCH, a batch or a transaction. Steps are counted as fhirpath/patch.h says; they are those of all
// attempts, where a commit is tried again.
class PatchBudget {
 public:
  // Errors: too_large (kMaxRequestPatchOperations).
  Status take_operations(std::size_t operations);
  // For a text of so many bytes. Errors: too_large (fhirpath::kMaxPatchSteps).
  Status take_text(std::size_t bytes);
  // For who counts on by itself.
  std::size_t& steps() { return steps_; }

 private:
  std::size_t operations_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace vesta::ops
