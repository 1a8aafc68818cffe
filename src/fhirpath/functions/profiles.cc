// What FHIR adds that needs the world around the tree: https://hl7.org/fhir/R4/fhirpath.html#functions
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/structure_url.h"
#include "fhirpath/diagnostics.h"
#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

// The services of the evaluation, or those that answer with errors.
Services& services_of(const Evaluator& evaluator) {
  static Services none;
  Services* given = evaluator.environment().services;
  return given == nullptr ? none : *given;
}

// An error of a service, with the place in the expression.
Error located(const Evaluator& evaluator, const Call& call, const Error& error) {
  return evaluator.error(call.bound, error.message);
}

// The codes of a code, Coding or CodeableConcept.
std::vector<CodeInSystem> codes_of(const Evaluator& evaluator, const Item& item) {
  const Environment& environment = evaluator.environment();
  const Names& names = environment.names;
  std::vector<CodeInSystem> codes;
  if (item.kind == Item::Kind::string) codes.push_back({{}, item.text});
  if (item.node == nullptr) return codes;
  const fhir::Node& node = *item.node;
  if (node.has_value) {
    codes.push_back({environment.definitions.code_system(node.code_system), node.value});
  } else if (node.child(names.code) != nullptr) {
    codes.push_back({node.child_value(names.system), node.child_value(names.code)});
  }
  for (const fhir::Node& child : node.children()) {
    if (child.name == names.coding) codes.push_back({child.child_value(names.system), child.child_value(names.code)});
  }
  return codes;
}

// Whether some code of the input subsumes some code of the argument, or the other way round.
Status decide_subsumption(Evaluator& evaluator, const Call& call, bool input_is_ancestor, Collection& out) {
  Collection argument;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, argument));
  if (call.input.empty() || argument.empty()) return kOk;
  if (call.input.size() > 1 || argument.size() > 1) return evaluator.error(call.bound, "a single item is needed");
  for (const CodeInSystem& own : codes_of(evaluator, call.input[0])) {
    for (const CodeInSystem& other : codes_of(evaluator, argument[0])) {
      const auto found =
          services_of(evaluator).subsumes(input_is_ancestor ? own : other, input_is_ancestor ? other : own);
      if (!found.ok()) return located(evaluator, call, found.error());
      if (*found) return evaluator.push(call.bound, boolean_item(true), out);
    }
  }
  return evaluator.push(call.bound, boolean_item(false), out);
}

}  // namespace

// conformsTo(structure: string): boolean. "If the structure cannot be resolved to a valid profile, an error is thrown."
// What is of a type conforms to the definition of that type and of those that it derives from: it was read by them.
// Others are for the services.
Status conforms_to(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> profile, evaluator.argument(call, 1, Item::Kind::string));
  if (call.input.size() > 1) return evaluator.error(call.bound, "conformsTo() needs a single item");
  if (call.input.empty() || !profile) return kOk;
  if (call.input[0].node == nullptr) return evaluator.error(call.bound, "conformsTo() needs an element");
  const fhir::Definitions& definitions = evaluator.environment().definitions;
  const fhir::Node& element = *call.input[0].node;
  if (const auto type = fhir::find_r4_structure(profile->text)) {
    return evaluator.push(call.bound, boolean_item(definitions.is_a(element.type, *type)), out);
  }
  const auto found = services_of(evaluator).conforms_to(element, evaluator.environment().resource, profile->text);
  if (!found.ok()) return located(evaluator, call, found.error());
  return evaluator.push(call.bound, boolean_item(*found), out);
}

// slice(structure: string, name: string): collection. Those of the input that are of a slice of a profile.
Status slice(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(const std::optional<Value> profile, evaluator.argument(call, 1, Item::Kind::string));
  VESTA_TRY(const std::optional<Value> name, evaluator.argument(call, 2, Item::Kind::string));
  if (!profile || !name) return kOk;
  for (const Item& item : call.input) {
    if (item.node == nullptr) return evaluator.error(call.bound, "slice() needs elements");
    VESTA_CHECK_OK(evaluator.spend(call.bound, 1));
    const auto found =
        services_of(evaluator).is_in_slice(*item.node, evaluator.environment().resource, profile->text, name->text);
    if (!found.ok()) return located(evaluator, call, found.error());
    if (*found) VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  }
  return kOk;
}

// memberOf(valueset: string): boolean
Status member_of(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> value_set, evaluator.argument(call, 1, Item::Kind::string));
  if (call.input.size() > 1) return evaluator.error(call.bound, "memberOf() needs a single item");
  if (call.input.empty() || !value_set) return kOk;
  for (const CodeInSystem& code : codes_of(evaluator, call.input[0])) {
    const auto found = services_of(evaluator).is_member_of(code, value_set->text);
    if (!found.ok()) return located(evaluator, call, found.error());
    if (*found) return evaluator.push(call.bound, boolean_item(true), out);
  }
  return evaluator.push(call.bound, boolean_item(false), out);
}

// subsumes(code: Coding | CodeableConcept): boolean
Status subsumes(Evaluator& evaluator, const Call& call, Collection& out) {
  return decide_subsumption(evaluator, call, true, out);
}

// subsumedBy(code: Coding | CodeableConcept): boolean
Status subsumed_by(Evaluator& evaluator, const Call& call, Collection& out) {
  return decide_subsumption(evaluator, call, false, out);
}

// checkModifiers({modifier: extension}): collection. An error at a modifier extension that is not among the arguments.
Status check_modifiers(Evaluator& evaluator, const Call& call, Collection& out) {
  std::vector<std::string> known;
  for (std::size_t i = 1; i < call.bound.operands.size(); ++i) {
    VESTA_TRY(std::optional<Value> url, evaluator.argument(call, i, Item::Kind::string));
    if (url) known.emplace_back(url->text);
  }
  const Names& names = evaluator.environment().names;
  for (const Item& item : call.input) {
    for (const fhir::Node* child = item.node == nullptr ? nullptr : item.node->first_child; child != nullptr;
         child = child->next) {
      VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + known.size()));
      if (child->name != names.modifier_extension) continue;
      const std::string url(child->child_value(names.url));
      bool is_known = false;
      for (const std::string& candidate : known) is_known = is_known || candidate == url;
      if (!is_known) return evaluator.error(call.bound, "an unknown modifier extension: " + url);
    }
    VESTA_CHECK_OK(evaluator.push(call.bound, item, out));
  }
  return kOk;
}

}  // namespace vesta::fhirpath::functions
