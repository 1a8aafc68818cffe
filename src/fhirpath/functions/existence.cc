// Functions on whether there are items: https://hl7.org/fhirpath/N1/#existence
#include <algorithm>
#include <string>

#include "fhirpath/functions/bodies.h"
#include "fhirpath/operators.h"

namespace vesta::fhirpath::functions {
namespace {

Status push_boolean(Evaluator& evaluator, const Call& call, bool value, Collection& out) {
  return evaluator.push(call.bound, boolean_item(value), out);
}

bool holds_items(const Equality& equality, const Collection& collection, const Collection& items) {
  return std::all_of(items.begin(), items.end(),
                     [&](const Item& item) { return holds_item(equality, collection, item); });
}

// Whether some item is the boolean `wanted`; items that are not booleans are errors.
Result<bool> any_is(Evaluator& evaluator, const Call& call, bool wanted) {
  bool found = false;
  for (const Item& item : call.input) {
    VESTA_TRY(std::optional<Value> value, evaluator.single_value(call.bound, {item}, Item::Kind::boolean));
    found = found || (value && value->boolean == wanted);
  }
  return found;
}

}  // namespace

// https://hl7.org/fhirpath/N1/#empty-boolean
Status empty(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_boolean(evaluator, call, call.input.empty(), out);
}

// https://hl7.org/fhirpath/N1/#exists-criteria-expression-boolean
Status exists(Evaluator& evaluator, const Call& call, Collection& out) {
  if (call.bound.operands.size() == 1) return push_boolean(evaluator, call, !call.input.empty(), out);
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    VESTA_TRY(std::optional<bool> truth, evaluator.test(*call.bound.operands[1], call.scope, item, index++));
    if (truth == true) return push_boolean(evaluator, call, true, out);
  }
  return push_boolean(evaluator, call, false, out);
}

// https://hl7.org/fhirpath/N1/#all-criteria-expression-boolean
Status all(Evaluator& evaluator, const Call& call, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    VESTA_TRY(std::optional<bool> truth, evaluator.test(*call.bound.operands[1], call.scope, item, index++));
    if (truth != true) return push_boolean(evaluator, call, false, out);
  }
  return push_boolean(evaluator, call, true, out);
}

// https://hl7.org/fhirpath/N1/#alltrue-boolean
Status all_true(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(bool found, any_is(evaluator, call, false));
  return push_boolean(evaluator, call, !found, out);
}

// https://hl7.org/fhirpath/N1/#anytrue-boolean
Status any_true(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(bool found, any_is(evaluator, call, true));
  return push_boolean(evaluator, call, found, out);
}

// https://hl7.org/fhirpath/N1/#allfalse-boolean
Status all_false(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(bool found, any_is(evaluator, call, true));
  return push_boolean(evaluator, call, !found, out);
}

// https://hl7.org/fhirpath/N1/#anyfalse-boolean
Status any_false(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(bool found, any_is(evaluator, call, false));
  return push_boolean(evaluator, call, found, out);
}

// https://hl7.org/fhirpath/N1/#count-integer
Status count(Evaluator& evaluator, const Call& call, Collection& out) {
  Item item;
  item.kind = Item::Kind::integer;
  item.text = evaluator.environment().arena.copy(std::to_string(call.input.size()));
  return evaluator.push(call.bound, item, out);
}

// https://hl7.org/fhirpath/N1/#distinct-collection
Status distinct(Evaluator& evaluator, const Call& call, Collection& out) {
  std::size_t begin = out.size();
  for (const Item& item : call.input) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  evaluator.equality().remove_duplicates(out, begin, evaluator.environment().arena.resource());
  return kOk;
}

// https://hl7.org/fhirpath/N1/#isdistinct-boolean
Status is_distinct(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection items = call.input;
  evaluator.equality().remove_duplicates(items, 0, evaluator.environment().arena.resource());
  return push_boolean(evaluator, call, items.size() == call.input.size(), out);
}

// https://hl7.org/fhirpath/N1/#subsetofother-collection-boolean
Status subset_of(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection other;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, other));
  return push_boolean(evaluator, call, holds_items(evaluator.equality(), other, call.input), out);
}

// https://hl7.org/fhirpath/N1/#supersetofother-collection-boolean
Status superset_of(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection other;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, other));
  return push_boolean(evaluator, call, holds_items(evaluator.equality(), call.input, other), out);
}

// https://hl7.org/fhirpath/N1/#not-boolean
Status negate(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<bool> truth, evaluator.truth(call.bound, call.input));
  if (!truth) return kOk;
  return push_boolean(evaluator, call, !*truth, out);
}

}  // namespace vesta::fhirpath::functions
