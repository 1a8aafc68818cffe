// The binary operators: equality, comparison, membership, boolean logic, string concatenation.
#include "fhirpath/operators.h"

#include <string>

#include "fhirpath/arithmetic_operators.h"
#include "fhirpath/equivalence.h"

namespace vesta::fhirpath {
namespace {

Status push_truth(Evaluator& evaluator, const Bound& bound, std::optional<bool> truth, Collection& out) {
  if (!truth) return kOk;
  return evaluator.push(bound, boolean_item(*truth), out);
}

// Both must be single; undecided is empty. https://hl7.org/fhirpath/N1/#comparison
Result<std::optional<bool>> compare_values(Evaluator& evaluator, const Bound& bound, const Collection& left,
                                           const Collection& right) {
  VESTA_TRY(std::optional<Value> left_value, evaluator.single_value(bound, left));
  VESTA_TRY(std::optional<Value> right_value, evaluator.single_value(bound, right));
  if (!left_value || !right_value) return std::optional<bool>{};
  bool has_order = comparable(left_value->kind, right_value->kind) && left_value->kind != Item::Kind::boolean;
  if (!has_order) {
    return evaluator.error(bound, std::string(system_name(left_value->kind)) + " and " +
                                      std::string(system_name(right_value->kind)) + " have no order");
  }
  Order order = evaluator.equality().compare(*left_value, *right_value);
  if (order == Order::undecided) return std::optional<bool>{};
  switch (bound.operation) {
    case BinaryOp::less:
      return std::optional<bool>{order == Order::less};
    case BinaryOp::less_or_equal:
      return std::optional<bool>{order != Order::greater};
    case BinaryOp::greater:
      return std::optional<bool>{order == Order::greater};
    default:
      return std::optional<bool>{order != Order::less};
  }
}

// https://hl7.org/fhirpath/N1/#in-membership
Result<std::optional<bool>> is_member(Evaluator& evaluator, const Bound& bound, const Collection& item,
                                      const Collection& collection) {
  if (item.empty()) return std::optional<bool>{};
  if (item.size() > 1) return evaluator.error(bound, "membership is asked of a single item");
  return std::optional<bool>{holds_item(evaluator.equality(), collection, item[0])};
}

// Three-valued logic. https://hl7.org/fhirpath/N1/#boolean-logic
std::optional<bool> combine(BinaryOp operation, std::optional<bool> left, std::optional<bool> right) {
  switch (operation) {
    case BinaryOp::conjunction:
      if (left == false || right == false) return false;
      if (left && right) return true;
      return std::nullopt;
    case BinaryOp::disjunction:
      if (left == true || right == true) return true;
      if (left && right) return false;
      return std::nullopt;
    case BinaryOp::implication:
      if (left == false || right == true) return true;
      if (left && right) return false;
      return std::nullopt;
    default:  // exclusive_disjunction
      if (!left || !right) return std::nullopt;
      return *left != *right;
  }
}

Status run_logic(Evaluator& evaluator, const Bound& bound, const Scope& scope, Collection& out) {
  Collection left;
  Collection right;
  VESTA_CHECK_OK(evaluator.run(*bound.operands[0], scope, left));
  VESTA_TRY(std::optional<bool> left_truth, evaluator.truth(bound, left));
  bool is_decided = (bound.operation == BinaryOp::conjunction && left_truth == false) ||
                    (bound.operation == BinaryOp::disjunction && left_truth == true) ||
                    (bound.operation == BinaryOp::implication && left_truth == false);
  if (is_decided) return push_truth(evaluator, bound, combine(bound.operation, left_truth, std::nullopt), out);
  VESTA_CHECK_OK(evaluator.run(*bound.operands[1], scope, right));
  VESTA_TRY(std::optional<bool> right_truth, evaluator.truth(bound, right));
  return push_truth(evaluator, bound, combine(bound.operation, left_truth, right_truth), out);
}

// `&`: an empty operand counts as ''. https://hl7.org/fhirpath/N1/#string-concatenation
Status concatenate(Evaluator& evaluator, const Bound& bound, const Collection& left, const Collection& right,
                   Collection& out) {
  VESTA_TRY(std::optional<Value> left_value, evaluator.single_value(bound, left, Item::Kind::string));
  VESTA_TRY(std::optional<Value> right_value, evaluator.single_value(bound, right, Item::Kind::string));
  std::string_view left_text = left_value ? left_value->text : std::string_view{};
  std::string_view right_text = right_value ? right_value->text : std::string_view{};
  VESTA_CHECK_OK(evaluator.spend(bound, (left_text.size() + right_text.size()) / 64));
  return evaluator.push(bound, evaluator.text_item(Item::Kind::string, std::string(left_text).append(right_text)), out);
}

}  // namespace

std::optional<bool> equal_collections(const Equality& equality, const Collection& left, const Collection& right) {
  if (left.empty() || right.empty()) return std::nullopt;
  if (left.size() != right.size()) return false;
  bool is_unknown = false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    Truth truth = equality.equal(left[i], right[i]);
    if (truth == Truth::no) return false;
    is_unknown = is_unknown || truth == Truth::unknown;
  }
  if (is_unknown) return std::nullopt;
  return true;
}

bool holds_item(const Equality& equality, const Collection& collection, const Item& item) {
  for (const Item& candidate : collection) {
    if (equality.equal(candidate, item) == Truth::yes) return true;
    if (equality.is_spent()) return false;
  }
  return false;
}

Status run_binary(Evaluator& evaluator, const Bound& bound, const Scope& scope, Collection& out) {
  switch (bound.operation) {
    case BinaryOp::conjunction:
    case BinaryOp::disjunction:
    case BinaryOp::exclusive_disjunction:
    case BinaryOp::implication:
      return run_logic(evaluator, bound, scope, out);
    default:
      break;
  }
  Collection left;
  Collection right;
  VESTA_CHECK_OK(evaluator.run(*bound.operands[0], scope, left));
  VESTA_CHECK_OK(evaluator.run(*bound.operands[1], scope, right));
  if (bound.operation == BinaryOp::concatenation) return concatenate(evaluator, bound, left, right, out);
  if (bound.operation >= BinaryOp::plus) {
    VESTA_TRY(std::optional<Value> left_value, evaluator.single_value(bound, left));
    VESTA_TRY(std::optional<Value> right_value, evaluator.single_value(bound, right));
    if (!left_value || !right_value) return kOk;
    return run_arithmetic(evaluator, bound, *left_value, *right_value, out);
  }

  std::optional<bool> truth;
  switch (bound.operation) {
    case BinaryOp::equal:
      truth = equal_collections(evaluator.equality(), left, right);
      break;
    case BinaryOp::not_equal:
      truth = equal_collections(evaluator.equality(), left, right);
      if (truth) truth = !*truth;
      break;
    case BinaryOp::equivalent:
      truth = equivalent_collections(evaluator, left, right);
      break;
    case BinaryOp::not_equivalent:
      truth = !equivalent_collections(evaluator, left, right);
      break;
    case BinaryOp::in: {
      VESTA_TRY(truth, is_member(evaluator, bound, left, right));
      break;
    }
    case BinaryOp::contains: {
      VESTA_TRY(truth, is_member(evaluator, bound, right, left));
      break;
    }
    default: {
      VESTA_TRY(truth, compare_values(evaluator, bound, left, right));
      break;
    }
  }
  VESTA_CHECK_OK(evaluator.spend(bound, 0));
  return push_truth(evaluator, bound, truth, out);
}

}  // namespace vesta::fhirpath
