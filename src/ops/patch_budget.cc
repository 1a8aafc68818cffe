// The counting.
#include "ops/patch_budget.h"

#include <string>

#include "fhirpath/patch.h"

namespace vesta::ops {

Status PatchBudget::take_operations(std::size_t operations) {
  operations_ += operations;
  if (operations_ <= kMaxRequestPatchOperations) return kOk;
  return make_error(Category::too_large, "The patches of one request have more than " +
                                             std::to_string(kMaxRequestPatchOperations) +
                                             " operations (kMaxRequestPatchOperations).");
}

Status PatchBudget::take_text(std::size_t bytes) {
  steps_ += 1 + bytes / kPatchBytesPerStep;
  if (steps_ <= fhirpath::kMaxPatchSteps) return kOk;
  return fhirpath::too_many_patch_steps();
}

}  // namespace vesta::ops
