// The counting.
#include "ops/fhirpath_budget.h"

#include <string>

namespace vesta::ops {

Status FhirpathBudget::check() const {
  if (steps_ <= kMaxRequestSteps) return kOk;
  return make_error(Category::too_large, "The expressions of one request take more than " +
                                             std::to_string(kMaxRequestSteps) + " steps (kMaxRequestSteps).");
}

}  // namespace vesta::ops
