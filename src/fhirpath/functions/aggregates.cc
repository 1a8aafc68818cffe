// Whole collections: aggregate, sort, and what stands beside the flow: trace, defineVariable.
#include <algorithm>
#include <string>
#include <vector>

#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

// An item and its keys, in the order of the arguments.
struct Sorted {
  Item item;
  std::vector<std::optional<Value>> keys;
};

// -1, 0, 1; an item without a key stands behind those that have one.
int compare_keys(const Evaluator& evaluator, const std::optional<Value>& left, const std::optional<Value>& right) {
  if (!left || !right) return static_cast<int>(!left) - static_cast<int>(!right);
  switch (evaluator.equality().compare(*left, *right)) {
    case Order::less:
      return -1;
    case Order::greater:
      return 1;
    default:
      return 0;
  }
}

Status find_keys(Evaluator& evaluator, const Call& call, std::int64_t index, Sorted& entry) {
  if (call.bound.operands.size() == 1) {
    VESTA_TRY(std::optional<Value> key, evaluator.single_value(call.bound, {entry.item}));
    entry.keys.push_back(key);
    return kOk;
  }
  for (std::size_t i = 1; i < call.bound.operands.size(); ++i) {
    Collection result;
    VESTA_CHECK_OK(evaluator.run(*call.bound.operands[i], call.scope.at(entry.item, index), result));
    VESTA_TRY(std::optional<Value> key, evaluator.single_value(call.bound, result));
    entry.keys.push_back(key);
  }
  return kOk;
}

}  // namespace

// https://hl7.org/fhirpath/N1/#aggregateaggregator-expression-init-value-value
Status aggregate(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection total;
  if (call.bound.operands.size() > 2) VESTA_CHECK_OK(evaluator.run(*call.bound.operands[2], call.scope, total));
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    Scope scope = call.scope.at(item, index++);
    scope.total = &total;
    Collection next;
    VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], scope, next));
    total = std::move(next);
  }
  for (const Item& item : total) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  return kOk;
}

// https://hl7.org/fhirpath/#sort: by one key after the other; a sign before a key turns its order around. Items that
// are equal by all keys keep their order.
Status sort(Evaluator& evaluator, const Call& call, Collection& out) {
  std::vector<Sorted> entries;
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    entries.push_back({item, {}});
    VESTA_CHECK_OK(find_keys(evaluator, call, index++, entries.back()));
  }
  const auto comes_before = [&](const Sorted& left, const Sorted& right) {
    for (std::size_t i = 0; i < left.keys.size(); ++i) {
      const bool is_descending = i + 1 < call.bound.operands.size() && call.bound.operands[i + 1]->op == Op::descending;
      const int order = compare_keys(evaluator, left.keys[i], right.keys[i]);
      if (order != 0) return is_descending ? order > 0 : order < 0;
    }
    return false;
  };
  std::stable_sort(entries.begin(), entries.end(), comes_before);
  for (const Sorted& entry : entries) VESTA_CHECK_OK(evaluator.push(call.bound, entry.item, out));
  return kOk;
}

// https://hl7.org/fhirpath/N1/#tracename-string-projection-expression-collection
Status trace(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> name, evaluator.argument(call, 1, Item::Kind::string));
  Services* services = evaluator.environment().services;
  if (services != nullptr) {
    Collection projected;
    std::int64_t index = 0;
    for (const Item& item : call.input) {
      if (call.bound.operands.size() < 3) break;
      VESTA_CHECK_OK(evaluator.run(*call.bound.operands[2], call.scope.at(item, index++), projected));
    }
    services->trace(name ? name->text : std::string_view{}, call.bound.operands.size() < 3 ? call.input : projected);
  }
  for (const Item& item : call.input) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  return kOk;
}

// https://hl7.org/fhirpath/#definevariablename-string-expr-expression
Status define_variable(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection value = call.input;
  if (call.bound.operands.size() > 2) {
    value.clear();
    Scope scope = call.scope;
    scope.all = &call.input;
    VESTA_CHECK_OK(evaluator.run(*call.bound.operands[2], scope, value));
  }
  evaluator.set_variable(call.bound.slot, std::move(value));
  for (const Item& item : call.input) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  return kOk;
}

}  // namespace vesta::fhirpath::functions
