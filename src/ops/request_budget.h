// RequestBudget: what the entries of one batch may do together; a request by itself has one of its own.
#pragma once

#include "ops/fhirpath_budget.h"
#include "ops/patch_budget.h"

namespace vesta::ops {

struct RequestBudget {
  PatchBudget patches;
  FhirpathBudget fhirpath;
};

}  // namespace vesta::ops
