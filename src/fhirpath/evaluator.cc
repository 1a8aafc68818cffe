// The evaluator: paths, unions, indexers and calls; operators are in operators.cc, functions under functions/.
#include "fhirpath/evaluator.h"

#include <span>
#include <string>

#include "fhirpath/diagnostics.h"
#include "fhirpath/operators.h"
#include "fhirpath/reference.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {

// The walk of one path, depth first: that yields the items in the same order as step by step, and needs no collection
// between the steps. False from any function ends the walk: a limit is reached.
class Evaluator::PathWalk {
 public:
  PathWalk(const Environment& environment, Budget& budget, std::size_t limit, Collection& out)
      : environment_(environment), budget_(budget), limit_(limit), out_(out) {}

  bool from(const Item& item, std::span<const Step> steps) {
    if (!budget_.spend()) return false;
    if (steps.empty()) {
      if (out_.size() >= limit_) return false;
      out_.push_back(item);
      return true;
    }
    const Step& step = steps.front();
    switch (step.kind) {
      case Step::Kind::child:
        return item.node == nullptr || children(*item.node, step.name, steps.subspan(1));
      case Step::Kind::of_type:
        return !step.type.matches(environment_.definitions, item) || from(item, steps.subspan(1));
      case Step::Kind::with_text:
        return !has_text(item, step) || from(item, steps.subspan(1));
      case Step::Kind::refers_to:
        return !refers_to(item, step) || from(item, steps.subspan(1));
    }
    return true;
  }

 private:
  bool children(const fhir::Node& node, fhir::NameId name, std::span<const Step> rest) {
    for (const fhir::Node* child = node.first_child; child != nullptr; child = child->next) {
      if (!budget_.spend()) return false;
      if (child->name == name && !from(node_item(*child), rest)) return false;
    }
    return true;
  }

  bool has_text(const Item& item, const Step& step) const {
    const fhir::Node* only = nullptr;
    if (item.node == nullptr) return false;
    for (const fhir::Node& child : item.node->children()) {
      if (!budget_.spend()) return false;
      if (child.name != step.name) continue;
      if (only != nullptr) return false;
      only = &child;
    }
    if (only == nullptr || !only->has_value || only->value != step.text) return false;
    return system_kind(environment_.definitions.type(only->type).primitive) == Item::Kind::string;
  }

  bool refers_to(const Item& item, const Step& step) const {
    std::optional<Item> target =
        resolve_reference(environment_.definitions, environment_.names, environment_.resource, item);
    return target && step.type.matches(environment_.definitions, *target);
  }

  const Environment& environment_;
  Budget& budget_;
  const std::size_t limit_;
  Collection& out_;
};

Evaluator::Evaluator(const Environment& environment, const Collection& out)
    : environment_(environment),
      program_output_(&out),
      program_output_begin_(out.size()),
      equality_(environment.definitions, environment.names, budget_) {}

Error Evaluator::error(const Bound& at, std::string_view message) const {
  return expression_error(environment_.expression, at.offset, message);
}

std::size_t Evaluator::output_limit(const Collection& out) const {
  return kMaxOutput + (&out == program_output_ ? program_output_begin_ : 0);
}

Status Evaluator::limit_status(const Bound& at) const {
  std::string message = budget_.spent()
                            ? "more than kMaxSteps (" + std::to_string(kMaxSteps) + ") steps"
                            : "more than kMaxOutput (" + std::to_string(kMaxOutput) + ") items in one collection";
  return expression_error(environment_.expression, at.offset, message, kCodeTooCostly);
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
    case Op::index: {
      std::string_view text = environment_.arena.copy(std::to_string(scope.index));
      return push(bound, {Item::Kind::integer, fhir::kNoType, nullptr, text, false}, out);
    }
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
    case Op::binary:
      return run_binary(*this, bound, scope, out);
    case Op::call:
      return run_call(bound, scope, out);
  }
  return kOk;
}

Status Evaluator::run_path(const Bound& bound, const Scope& scope, Collection& out) {
  if (bound.operands.empty()) return walk(bound, scope.self, bound.steps, out);
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

Result<std::optional<bool>> Evaluator::test(const Bound& criteria, const Item& item, std::int64_t index) {
  Collection result;
  VESTA_CHECK_OK(run(criteria, {item, index}, result));
  return truth(criteria, result);
}

}  // namespace vesta::fhirpath
