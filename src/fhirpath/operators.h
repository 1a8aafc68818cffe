// The binary operators. https://hl7.org/fhirpath/N1/#operations
#pragma once

#include "base/result.h"
#include "fhirpath/evaluator.h"

namespace vesta::fhirpath {

// Evaluates both operands of `bound` (Op::binary) as far as needed and appends the result of the operator.
Status run_binary(Evaluator& evaluator, const Bound& bound, const Scope& scope, Collection& out);

// `=` on collections; nullopt: empty. https://hl7.org/fhirpath/N1/#equals
std::optional<bool> equal_collections(const Equality& equality, const Collection& left, const Collection& right);
// True if some item of `collection` equals `item`.
bool holds_item(const Equality& equality, const Collection& collection, const Item& item);

}  // namespace vesta::fhirpath
