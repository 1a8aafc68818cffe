// Functions that FHIR adds: https://hl7.org/fhir/R4/fhirpath.html#functions
#include "fhir/narrative.h"
#include "fhirpath/functions/bodies.h"
#include "fhirpath/reference.h"

namespace vesta::fhirpath::functions {
namespace {

// Appends the extensions of the input whose url is the argument's.
Status find_extensions(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> url, evaluator.argument(call, 1, Item::Kind::string));
  if (!url) return kOk;
  const Names& names = evaluator.environment().names;
  for (const Item& item : call.input) {
    if (item.node == nullptr) continue;
    for (const fhir::Node& child : item.node->children()) {
      VESTA_CHECK_OK(evaluator.spend(call.bound));
      if (child.name != names.extension || child.child_value(names.url) != url->text) continue;
      VESTA_CHECK_OK(evaluator.push(call.bound, node_item(child), out));
    }
  }
  return kOk;
}

// The value of the input if it is one primitive that has one.
std::optional<Value> primitive_value(Evaluator& evaluator, const Call& call) {
  if (call.input.size() != 1) return std::nullopt;
  const Item& item = call.input[0];
  if (item.kind == Item::Kind::node && !item.node->has_value) return std::nullopt;
  return value_of(evaluator.environment().definitions, evaluator.environment().names, item);
}

}  // namespace

// extension(url: string): collection
Status extension(Evaluator& evaluator, const Call& call, Collection& out) {
  return find_extensions(evaluator, call, out);
}

// hasExtension(url: string): boolean, from https://hl7.org/fhir/R4/searchparameter-registry.html's own expressions
Status has_extension(Evaluator& evaluator, const Call& call, Collection& out) {
  Collection found;
  VESTA_CHECK_OK(find_extensions(evaluator, call, found));
  return evaluator.push(call.bound, boolean_item(!found.empty()), out);
}

// hasValue(): boolean
Status has_value(Evaluator& evaluator, const Call& call, Collection& out) {
  return evaluator.push(call.bound, boolean_item(primitive_value(evaluator, call).has_value()), out);
}

// getValue(): System.[type]
Status get_value(Evaluator& evaluator, const Call& call, Collection& out) {
  std::optional<Value> value = primitive_value(evaluator, call);
  if (!value) return kOk;
  return evaluator.push(call.bound, {value->kind, fhir::kNoType, nullptr, value->text, value->boolean}, out);
}

// htmlChecks(): boolean. Whether the rules for narratives are met.
Status html_checks(Evaluator& evaluator, const Call& call, Collection& out) {
  if (call.input.empty()) return kOk;
  const fhir::Definitions& definitions = evaluator.environment().definitions;
  const Item& item = call.input[0];
  const bool is_xhtml = call.input.size() == 1 && item.node != nullptr &&
                        definitions.type(item.node->type).primitive == fhir::Primitive::xhtml;
  if (!is_xhtml) return evaluator.error(call.bound, "htmlChecks() needs one xhtml element");
  VESTA_CHECK_OK(evaluator.spend(call.bound, item.node->value.size()));
  return evaluator.push(call.bound, boolean_item(fhir::is_narrative(item.node->value)), out);
}

// resolve(): collection
//
// DEVIATION: a target that is neither contained nor found by the services is an item of kind `resolved`: it has a type
// and a reference, and no elements. That is what `resolve() is Patient` needs.
Status resolve(Evaluator& evaluator, const Call& call, Collection& out) {
  const Environment& environment = evaluator.environment();
  for (const Item& item : call.input) {
    std::optional<Item> target =
        resolve_reference(environment.definitions, environment.names, environment.resource, item);
    if (target && target->kind == Item::Kind::resolved && environment.services != nullptr) {
      VESTA_TRY(const fhir::Node* found, environment.services->resolve(target->text, environment.arena));
      if (found != nullptr) target = node_item(*found);
    }
    if (target) VESTA_CHECK_OK(evaluator.push(call.bound, *target, out));
  }
  return kOk;
}

}  // namespace vesta::fhirpath::functions
