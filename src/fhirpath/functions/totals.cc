// sum, avg, min, max: https://hl7.org/fhirpath/#aggregates
#include <optional>
#include <string>
#include <utility>

#include "fhirpath/arithmetic_operators.h"
#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

bool can_be_added(Item::Kind kind) {
  return is_number(kind) || kind == Item::Kind::quantity;
}

Bound operation_at(const Call& call, BinaryOp operation) {
  Bound bound;
  bound.op = Op::binary;
  bound.operation = operation;
  bound.offset = call.bound.offset;
  return bound;
}

// The value of an item, which must be of the kind of those before it.
Result<Value> value_like(const Evaluator& evaluator, const Call& call, const Item& item,
                         const std::optional<Value>& before) {
  VESTA_TRY(const std::optional<Value> value, evaluator.single_value(call.bound, {item}));
  if (!value) return evaluator.error(call.bound, "an item without a value cannot be counted in");
  if (before && before->kind != value->kind) return evaluator.error(call.bound, "the items must be of one type");
  return *value;
}

// One item; none where the input is empty, and where it overflows or units do not go together.
Result<Collection> total(Evaluator& evaluator, const Call& call) {
  const Bound plus = operation_at(call, BinaryOp::plus);
  std::optional<Value> sum;
  Collection items;
  for (const Item& item : call.input) {
    VESTA_TRY(const Value value, value_like(evaluator, call, item, sum));
    if (!can_be_added(value.kind)) return evaluator.error(call.bound, "numbers or quantities are needed");
    Collection next;
    if (sum) {
      VESTA_CHECK_OK(run_arithmetic(evaluator, plus, *sum, value, next));
      if (next.empty()) return next;
    } else {
      next.push_back(item);
    }
    VESTA_TRY(sum, evaluator.single_value(call.bound, next));
    items = std::move(next);
  }
  return items;
}

Status push_extreme(Evaluator& evaluator, const Call& call, Order wanted, Collection& out) {
  std::optional<Value> best;
  const Item* found = nullptr;
  for (const Item& item : call.input) {
    VESTA_TRY(const Value value, value_like(evaluator, call, item, best));
    VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + value.text.size() / 64));
    if (value.kind == Item::Kind::boolean) return evaluator.error(call.bound, "booleans have no order");
    if (best) {
      const Order order = evaluator.equality().compare(value, *best);
      if (order == Order::undecided) return kOk;
      if (order != wanted) continue;
    }
    best = value;
    found = &item;
  }
  return found == nullptr ? Status(kOk) : evaluator.push(call.bound, *found, out);
}

}  // namespace

Status sum(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(const Collection all, total(evaluator, call));
  return all.empty() ? Status(kOk) : evaluator.push(call.bound, all.front(), out);
}

// A Decimal or a Quantity.
Status average(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(const Collection all, total(evaluator, call));
  VESTA_TRY(const std::optional<Value> sum, evaluator.single_value(call.bound, all));
  if (!sum) return kOk;
  const std::string count = std::to_string(call.input.size());
  const Bound by = operation_at(call, BinaryOp::divided_by);
  return run_arithmetic(evaluator, by, *sum, Value{Item::Kind::integer, count, {}}, out);
}

Status minimum(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_extreme(evaluator, call, Order::less, out);
}

Status maximum(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_extreme(evaluator, call, Order::greater, out);
}

}  // namespace vesta::fhirpath::functions
