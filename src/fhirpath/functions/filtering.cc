// Filtering, projection and choice: https://hl7.org/fhirpath/N1/#filtering-and-projection
#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

// What the argument yields on each of the items, with its index.
Status project_each(Evaluator& evaluator, const Call& call, const Collection& items, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : items) {
    VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope.at(item, index++), out));
  }
  return kOk;
}

}  // namespace

// https://hl7.org/fhirpath/N1/#where-criteria-expression-collection
Status where(Evaluator& evaluator, const Call& call, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    VESTA_TRY(std::optional<bool> truth, evaluator.test(*call.bound.operands[1], call.scope, item, index++));
    if (truth == true) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  }
  return kOk;
}

// https://hl7.org/fhirpath/N1/#select-projection-expression-collection
Status select(Evaluator& evaluator, const Call& call, Collection& out) {
  return project_each(evaluator, call, call.input, out);
}

// iif: only the chosen branch is evaluated.
// https://hl7.org/fhirpath/N1/#iif-criterion-expression-true-result-collection-otherwise-result-collection-collection
Status conditional(Evaluator& evaluator, const Call& call, Collection& out) {
  if (call.input.size() > 1) return evaluator.error(call.bound, "iif() needs a single item");
  Scope scope = call.scope;
  scope.all = call.input.empty() ? &call.input : nullptr;
  if (!call.input.empty()) scope.self = call.input[0];
  Collection criterion;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], scope, criterion));
  VESTA_TRY(std::optional<Value> truth, evaluator.single_value(call.bound, criterion, Item::Kind::boolean));
  if (truth && truth->boolean) return evaluator.run(*call.bound.operands[2], scope, out);
  if (call.bound.operands.size() < 4) return kOk;
  return evaluator.run(*call.bound.operands[3], scope, out);
}

// coalesce: the first argument that yields something; those behind it are not evaluated. https://hl7.org/fhirpath/
Status coalesce(Evaluator& evaluator, const Call& call, Collection& out) {
  Scope scope = call.scope;
  scope.all = &call.input;
  const std::size_t before = out.size();
  for (std::size_t i = 1; i < call.bound.operands.size() && out.size() == before; ++i) {
    VESTA_CHECK_OK(evaluator.run(*call.bound.operands[i], scope, out));
  }
  return kOk;
}

// https://hl7.org/fhirpath/N1/#repeatprojection-expression-collection
//
// By rounds: each is what the projection yields on the items that the round before added.
Status repeat(Evaluator& evaluator, const Call& call, Collection& out) {
  const std::size_t begin = out.size();
  Collection round = call.input;
  while (!round.empty()) {
    const std::size_t known = out.size();
    VESTA_CHECK_OK(project_each(evaluator, call, round, out));
    evaluator.equality().remove_duplicates(out, begin, evaluator.environment().arena.resource());
    VESTA_CHECK_OK(evaluator.spend(call.bound, out.size() - begin));
    round.assign(out.begin() + static_cast<std::ptrdiff_t>(known), out.end());
  }
  return kOk;
}

// As repeat, and what equals others stays. It ends where nothing is left, or at a limit. https://hl7.org/fhirpath/
Status repeat_all(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection round = call.input;
  while (!round.empty()) {
    const std::size_t known = out.size();
    VESTA_CHECK_OK(project_each(evaluator, call, round, out));
    VESTA_CHECK_OK(evaluator.spend(call.bound, round.size()));
    round.assign(out.begin() + static_cast<std::ptrdiff_t>(known), out.end());
  }
  return kOk;
}

}  // namespace vesta::fhirpath::functions
