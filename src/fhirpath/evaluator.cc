// The evaluator: paths, unions, indexers and calls; operators are in operators.cc, functions under functions/.
#include "fhirpath/evaluator.h"

#include <span>
#include <string>
#include <utility>

#include "fhirpath/arithmetic.h"
#include "fhirpath/diagnostics.h"
#include "fhirpath/operators.h"
#include "fhirpath/path_walk.h"
#include "fhirpath/quantity.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {

Evaluator::Evaluator(const Environment& environment, const Collection& out, std::size_t max_steps)
    : environment_(environment),
      program_output_(&out),
      program_output_begin_(out.size()),
      budget_(max_steps),
      equality_(environment.definitions, environment.names, budget_) {}

Error Evaluator::error(const Bound& at, std::string_view message) const {
  return expression_error(environment_.expression, at.offset, message);
}

std::size_t Evaluator::output_limit(const Collection& out) const {
  return kMaxOutput + (&out == program_output_ ? program_output_begin_ : 0);
}

Status Evaluator::limit_status(const Bound& at) const {
  return limit_error(environment_, budget_, at);
}

Status Evaluator::push(const Bound& at, const Item& item, Collection& out) {
  if (!budget_.spend() || out.size() >= output_limit(out)) return limit_status(at);
  out.push_back(item);
  return kOk;
}

Status Evaluator::spend(const Bound& at, std::size_t steps) {
  if (!budget_.spend(steps)) return limit_status(at);
  return kOk;
}

Status Evaluator::walk(const Bound& at, const Item& item, std::span<const Step> steps, Collection& out) {
  if (!PathWalk(environment_, budget_, output_limit(out), out).from(item, steps)) return limit_status(at);
  return kOk;
}

Status Evaluator::run(const Bound& bound, const Scope& scope, Collection& out) {
  VESTA_CHECK_OK(spend(bound));
  switch (bound.op) {
    case Op::empty:
      return kOk;
    case Op::literal:
      return push(bound, bound.literal, out);
    case Op::constant:
      return push_all(bound, bound.items, out);
    case Op::index:
      return push(bound, text_item(Item::Kind::integer, std::to_string(scope.index)), out);
    case Op::row_index:
      return push(bound, text_item(Item::Kind::integer, std::to_string(environment_.row_index)), out);
    case Op::path:
      return run_path(bound, scope, out);
    case Op::context:
      return push(bound, node_item(environment_.context), out);
    case Op::resource:
      return push(bound, node_item(environment_.resource), out);
    case Op::unite:
      return run_union(bound, scope, out);
    case Op::indexer:
      return run_indexer(bound, scope, out);
    case Op::type_test:
      return run_type_test(bound, scope, out);
    case Op::type_cast:
      return run_type_cast(bound, scope, out);
    case Op::total:
      return scope.total == nullptr ? Status(kOk) : push_all(bound, *scope.total, out);
    case Op::variable:
      return bound.slot < variables_.size() ? push_all(bound, variables_[bound.slot], out) : Status(kOk);
    case Op::polarity:
      return run_polarity(bound, scope, out);
    case Op::descending:
      return run(*bound.operands[0], scope, out);
    case Op::binary:
      return run_binary(*this, bound, scope, out);
    case Op::call:
      return run_call(bound, scope, out);
  }
  return kOk;
}

Status Evaluator::run_path(const Bound& bound, const Scope& scope, Collection& out) {
  if (bound.operands.empty() && scope.all == nullptr) return walk(bound, scope.self, bound.steps, out);
  if (bound.operands.empty()) {
    for (const Item& item : *scope.all) VESTA_CHECK_OK(walk(bound, item, bound.steps, out));
    return kOk;
  }
  Collection begin;
  VESTA_CHECK_OK(run(*bound.operands[0], scope, begin));
  for (const Item& item : begin) VESTA_CHECK_OK(walk(bound, item, bound.steps, out));
  return kOk;
}

// https://hl7.org/fhirpath/N1/#union-collections
Status Evaluator::run_union(const Bound& bound, const Scope& scope, Collection& out) {
  std::size_t begin = out.size();
  for (const auto& operand : bound.operands) VESTA_CHECK_OK(run(*operand, scope, out));
  equality_.remove_duplicates(out, begin, environment_.arena.resource());
  return spend(bound, 0);
}

// https://hl7.org/fhirpath/N1/#index-integer-collection
Status Evaluator::run_indexer(const Bound& bound, const Scope& scope, Collection& out) {
  Collection input;
  Collection index;
  VESTA_CHECK_OK(run(*bound.operands[0], scope, input));
  VESTA_CHECK_OK(run(*bound.operands[1], scope, index));
  VESTA_TRY(std::optional<Value> value, single_value(bound, index, Item::Kind::integer));
  if (!value || value->text.starts_with('-')) return kOk;
  if (value->text.size() > 10) return kOk;  // beyond any collection
  std::size_t position = std::stoull(std::string(value->text));
  if (position >= input.size()) return kOk;
  return push(bound, input[position], out);
}

// https://hl7.org/fhirpath/N1/#is-type-specifier
Status Evaluator::run_type_test(const Bound& bound, const Scope& scope, Collection& out) {
  Collection input;
  VESTA_CHECK_OK(run(*bound.operands[0], scope, input));
  if (input.empty()) return kOk;
  if (input.size() > 1) return error(bound, "'is' needs a single item");
  return push(bound, boolean_item(bound.type.matches(environment_.definitions, input[0])), out);
}

// https://hl7.org/fhirpath/N1/#as-type-specifier
Status Evaluator::run_type_cast(const Bound& bound, const Scope& scope, Collection& out) {
  Collection input;
  VESTA_CHECK_OK(run(*bound.operands[0], scope, input));
  if (input.size() > 1) return error(bound, "'as' needs a single item");
  if (input.empty() || !bound.type.matches(environment_.definitions, input[0])) return kOk;
  return push(bound, input[0], out);
}

// https://hl7.org/fhirpath/N1/#math: the sign of numbers and quantities.
Status Evaluator::run_polarity(const Bound& bound, const Scope& scope, Collection& out) {
  Collection input;
  VESTA_CHECK_OK(run(*bound.operands[0], scope, input));
  VESTA_TRY(std::optional<Value> value, single_value(bound, input));
  if (!value) return kOk;
  bool has_sign =
      value->kind == Item::Kind::integer || value->kind == Item::Kind::decimal || value->kind == Item::Kind::quantity;
  if (!has_sign) return error(bound, std::string(system_name(value->kind)) + " has no sign");
  std::string text = bound.is_plus ? std::string(value->text) : negated(value->text);
  if (value->kind == Item::Kind::quantity) text = quantity_text(text, *value);
  return push(bound, text_item(value->kind, text), out);
}

Status Evaluator::push_all(const Bound& at, const Collection& items, Collection& out) {
  for (const Item& item : items) VESTA_CHECK_OK(push(at, item, out));
  return kOk;
}

Status Evaluator::run_call(const Bound& bound, const Scope& scope, Collection& out) {
  Collection input;
  VESTA_CHECK_OK(run(*bound.operands[0], scope, input));
  VESTA_CHECK_OK(bound.function(*this, {bound, scope, input}, out));
  return spend(bound, 0);
}

Result<std::optional<bool>> Evaluator::truth(const Bound& at, const Collection& collection) const {
  if (collection.empty()) return std::optional<bool>{};
  if (collection.size() > 1) return error(at, "a single boolean is needed, there are several items");
  std::optional<Value> value = value_of(environment_.definitions, environment_.names, collection[0]);
  if (value && value->kind == Item::Kind::boolean) return std::optional<bool>{value->boolean};
  return std::optional<bool>{true};
}

Result<std::optional<Value>> Evaluator::single_value(const Bound& at, const Collection& collection) const {
  if (collection.empty()) return std::optional<Value>{};
  if (collection.size() > 1) return error(at, "a single value is needed, there are several items");
  std::optional<Value> value = value_of(environment_.definitions, environment_.names, collection[0]);
  bool is_bare_primitive = collection[0].kind == Item::Kind::node && collection[0].type != fhir::kNoType &&
                           environment_.definitions.type(collection[0].type).primitive != fhir::Primitive::none;
  if (!value && !is_bare_primitive) return error(at, "a simple value is needed");
  return value;
}

Result<std::optional<Value>> Evaluator::single_value(const Bound& at, const Collection& collection,
                                                     Item::Kind kind) const {
  VESTA_TRY(std::optional<Value> value, single_value(at, collection));
  if (value && value->kind != kind)
    return error(at, "a value of type " + std::string(system_name(kind)) + " is needed");
  return value;
}

Result<std::optional<bool>> Evaluator::test(const Bound& criteria, const Scope& outer, const Item& item,
                                            std::int64_t index) {
  Collection result;
  VESTA_CHECK_OK(run(criteria, outer.at(item, index), result));
  return truth(criteria, result);
}

Result<std::optional<Value>> Evaluator::argument(const Call& call, std::size_t number, Item::Kind kind) {
  Collection result;
  VESTA_CHECK_OK(run(*call.bound.operands[number], call.scope, result));
  return single_value(call.bound, result, kind);
}

Item Evaluator::text_item(Item::Kind kind, std::string_view text) const {
  return {kind, fhir::kNoType, nullptr, environment_.arena.copy(text), false};
}

Status Evaluator::push_computed(const Bound& at, Item::Kind kind, const std::optional<std::string>& text,
                                Collection& out) {
  if (!text || (kind == Item::Kind::integer && !fits_integer(*text))) return kOk;
  return push(at, text_item(kind, *text), out);
}

Result<Instant> Evaluator::now(const Bound& at) {
  if (environment_.clock == nullptr) return error(at, "this evaluation was given no clock");
  if (!now_) now_ = environment_.clock->now();
  return *now_;
}

void Evaluator::set_variable(std::size_t slot, Collection items) {
  if (slot >= variables_.size()) variables_.resize(slot + 1);
  variables_[slot] = std::move(items);
}

}  // namespace vesta::fhirpath
