// Filtering, projection and choice: https://hl7.org/fhirpath/N1/#filtering-and-projection
#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {

// https://hl7.org/fhirpath/N1/#where-criteria-expression-collection
Status where(Evaluator& evaluator, const Call& call, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    VESTA_TRY(std::optional<bool> truth, evaluator.test(*call.bound.operands[1], item, index++));
    if (truth == true) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  }
  return kOk;
}

// https://hl7.org/fhirpath/N1/#select-projection-expression-collection
Status select(Evaluator& evaluator, const Call& call, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], {item, index++}, out));
  }
  return kOk;
}

// iif: only the chosen branch is evaluated.
// https://hl7.org/fhirpath/N1/#iif-criterion-expression-true-result-collection-otherwise-result-collection-collection
Status conditional(Evaluator& evaluator, const Call& call, Collection& out) {
  if (call.input.empty()) return kOk;
  if (call.input.size() > 1) return evaluator.error(call.bound, "iif() needs a single item");
  const Item& item = call.input[0];
  VESTA_TRY(std::optional<bool> truth, evaluator.test(*call.bound.operands[1], item, 0));
  if (truth == true) return evaluator.run(*call.bound.operands[2], {item, 0}, out);
  if (call.bound.operands.size() < 4) return kOk;
  return evaluator.run(*call.bound.operands[3], {item, 0}, out);
}

}  // namespace vesta::fhirpath::functions
