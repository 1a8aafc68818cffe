// Arithmetic: numbers, strings, quantities, dates and times.
#include "fhirpath/arithmetic_operators.h"

#include <string>

#include "fhirpath/arithmetic.h"
#include "fhirpath/quantity.h"
#include "fhirpath/temporal_arithmetic.h"

namespace vesta::fhirpath {
namespace {

bool is_moment(const Value& value) {
  return value.kind == Item::Kind::date || value.kind == Item::Kind::date_time || value.kind == Item::Kind::time;
}

std::optional<std::string> compute(BinaryOp operation, std::string_view left, std::string_view right) {
  switch (operation) {
    case BinaryOp::plus:
      return add(left, right);
    case BinaryOp::minus:
      return subtract(left, right);
    case BinaryOp::times:
      return multiply(left, right);
    case BinaryOp::divided_by:
      return divide(left, right);
    case BinaryOp::integer_division:
      return divide_whole(left, right);
    default:
      return modulo(left, right);
  }
}

Status run_numbers(Evaluator& evaluator, const Bound& bound, const Value& left, const Value& right, Collection& out) {
  const bool both_integers = left.kind == Item::Kind::integer && right.kind == Item::Kind::integer;
  const bool is_integer =
      bound.operation == BinaryOp::integer_division || (both_integers && bound.operation != BinaryOp::divided_by);
  VESTA_CHECK_OK(evaluator.spend(bound, 1 + (left.text.size() + right.text.size()) / 64));
  return evaluator.push_computed(bound, is_integer ? Item::Kind::integer : Item::Kind::decimal,
                                 compute(bound.operation, left.text, right.text), out);
}

// https://hl7.org/fhirpath/N1/#datetime-arithmetic
Status run_moment(Evaluator& evaluator, const Bound& bound, const Value& moment, const Value& duration,
                  Collection& out) {
  if (!is_duration_unit(duration.unit)) {
    return evaluator.error(bound, "'" + std::string(duration.unit) + "' is no duration of the calendar");
  }
  return evaluator.push_computed(bound, moment.kind, shifted(moment, duration, bound.operation == BinaryOp::minus),
                                 out);
}

// The second operand may be a number, the first one for a product.
std::optional<std::string> compute_quantity(BinaryOp operation, const Value& left, const Value& right) {
  switch (operation) {
    case BinaryOp::plus:
      return add_quantities(left, right);
    case BinaryOp::minus:
      return subtract_quantities(left, right);
    case BinaryOp::times:
      return multiply_quantities(left, right);
    default:
      return divide_quantities(left, right);
  }
}

Status run_quantities(Evaluator& evaluator, const Bound& bound, const Value& left, const Value& right,
                      Collection& out) {
  const bool is_scaled = is_number(left.kind) || is_number(right.kind);
  if (!is_scaled) {
    return evaluator.push_computed(bound, Item::Kind::quantity, compute_quantity(bound.operation, left, right), out);
  }
  const Value& quantity = is_number(left.kind) ? right : left;
  std::optional<std::string> number = compute(bound.operation, left.text, right.text);
  if (number) number = quantity_text(*number, quantity);
  return evaluator.push_computed(bound, Item::Kind::quantity, number, out);
}

bool takes_quantities(BinaryOp operation, const Value& left, const Value& right) {
  const bool left_is_quantity = left.kind == Item::Kind::quantity;
  const bool right_is_quantity = right.kind == Item::Kind::quantity;
  const bool is_linear = operation == BinaryOp::plus || operation == BinaryOp::minus;
  if (operation == BinaryOp::integer_division || operation == BinaryOp::modulo) return false;
  if (left_is_quantity && right_is_quantity) return true;
  if (is_linear) return false;
  return (left_is_quantity && is_number(right.kind)) ||
         (is_number(left.kind) && right_is_quantity && operation == BinaryOp::times);
}

}  // namespace

Status run_arithmetic(Evaluator& evaluator, const Bound& bound, const Value& left, const Value& right,
                      Collection& out) {
  const bool is_linear = bound.operation == BinaryOp::plus || bound.operation == BinaryOp::minus;
  if (is_number(left.kind) && is_number(right.kind)) return run_numbers(evaluator, bound, left, right, out);
  if (is_moment(left) && right.kind == Item::Kind::quantity && is_linear) {
    return run_moment(evaluator, bound, left, right, out);
  }
  if (takes_quantities(bound.operation, left, right)) return run_quantities(evaluator, bound, left, right, out);
  const bool both_strings = left.kind == Item::Kind::string && right.kind == Item::Kind::string;
  if (both_strings && bound.operation == BinaryOp::plus) {
    VESTA_CHECK_OK(evaluator.spend(bound, (left.text.size() + right.text.size()) / 64));
    return evaluator.push_computed(bound, Item::Kind::string, std::string(left.text).append(right.text), out);
  }
  return evaluator.error(bound, "no such operation on " + std::string(system_name(left.kind)) + " and " +
                                    std::string(system_name(right.kind)));
}

}  // namespace vesta::fhirpath
