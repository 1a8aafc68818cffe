// Collections put together: https://hl7.org/fhirpath/N1/#combining
#include "fhirpath/functions/bodies.h"
#include "fhirpath/operators.h"

namespace vesta::fhirpath::functions {

// https://hl7.org/fhirpath/N1/#combineother-collection-collection
Status combine(Evaluator& evaluator, const Call& call, Collection& out) {
  for (const Item& item : call.input) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  return evaluator.run(*call.bound.operands[1], call.scope, out);
}

// https://hl7.org/fhirpath/N1/#unionother-collection
Status unite(Evaluator& evaluator, const Call& call, Collection& out) {
  std::size_t begin = out.size();
  VESTA_CHECK_OK(combine(evaluator, call, out));
  evaluator.equality().remove_duplicates(out, begin, evaluator.environment().arena.resource());
  return kOk;
}

// https://hl7.org/fhirpath/N1/#intersectother-collection-collection
Status intersect(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection other;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, other));
  const std::size_t begin = out.size();
  for (const Item& item : call.input) {
    if (holds_item(evaluator.equality(), other, item)) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  }
  evaluator.equality().remove_duplicates(out, begin, evaluator.environment().arena.resource());
  return kOk;
}

// https://hl7.org/fhirpath/N1/#excludeother-collection-collection
Status exclude(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection other;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, other));
  for (const Item& item : call.input) {
    if (!holds_item(evaluator.equality(), other, item)) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  }
  return kOk;
}

}  // namespace vesta::fhirpath::functions
