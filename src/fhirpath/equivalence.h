// Equivalence of collections, the operator `~`. https://hl7.org/fhirpath/N1/#equivalent
#pragma once

#include "fhirpath/evaluator.h"

namespace vesta::fhirpath {

// In any order. When the budget is spent the answer is of no use: ask it afterwards.
bool equivalent_collections(Evaluator& evaluator, const Collection& left, const Collection& right);

}  // namespace vesta::fhirpath
