// The operators + - * / div mod, by the kinds of their operands. https://hl7.org/fhirpath/N1/#math
#pragma once

#include "base/result.h"
#include "fhirpath/evaluator.h"

namespace vesta::fhirpath {

// Appends the result of `bound.operation` on two values: none where it overflows or divides by zero; an error where the
// operator does not know the kinds.
Status run_arithmetic(Evaluator& evaluator, const Bound& bound, const Value& left, const Value& right, Collection& out);

}  // namespace vesta::fhirpath
