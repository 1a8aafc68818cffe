// elementDefinition(): what the tables say of an element, as an ElementDefinition.
// https://hl7.org/fhir/R4/elementdefinition.html
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "fhirpath/functions/bodies.h"
#include "fhirpath/typed.h"

namespace vesta::fhirpath::functions {
namespace {

constexpr std::string_view kElementDefinition = "ElementDefinition";

// The parent of `wanted` below `parent`, or null.
Result<const fhir::Node*> find_parent(Evaluator& evaluator, const Bound& at, const fhir::Node& parent,
                                      const fhir::Node& wanted) {
  for (const fhir::Node& child : parent.children()) {
    VESTA_CHECK_OK(evaluator.spend(at, 1));
    if (&child == &wanted) return &parent;
    if (child.first_child == nullptr) continue;
    VESTA_TRY(const fhir::Node* const found, find_parent(evaluator, at, child, wanted));
    if (found != nullptr) return found;
  }
  return nullptr;
}

// Children are added in the order of the definition.
class Writer {
 public:
  Writer(const fhir::Definitions& definitions, fhir::Arena& arena)
      : definitions_(definitions), arena_(arena), root_(arena.make<fhir::Node>()) {
    const auto type = definitions.find_type(kElementDefinition);
    CHECK(type.has_value());
    root_->type = *type;
  }

  void text(std::string_view name, std::string_view value) { add(root_, name, value); }
  void type(std::string_view code) {
    fhir::Node* const type = add(root_, "type", {});
    add(type, "code", code);
  }
  const fhir::Node& root() const { return *root_; }

 private:
  fhir::Node* add(fhir::Node* parent, std::string_view name, std::string_view value) {
    const fhir::Element* const element = definitions_.find_element(parent->type, name);
    CHECK(element != nullptr);
    auto* const node = arena_.make<fhir::Node>();
    node->name = element->name;
    node->type = element->type;
    node->in_list = element->is_list;
    node->has_value = !value.empty();
    node->value = value.empty() ? value : arena_.copy(value);
    fhir::Node** end = &parent->first_child;
    while (*end != nullptr) end = &(*end)->next;
    *end = node;
    return node;
  }

  const fhir::Definitions& definitions_;
  fhir::Arena& arena_;
  fhir::Node* root_;
};

// Backbone elements have the name of a type that has them below.
std::string_view type_code(const fhir::Definitions& definitions, fhir::TypeId type) {
  while (definitions.type(type).kind == fhir::TypeKind::backbone) type = definitions.type(type).base;
  return definitions.type(type).name;
}

const fhir::Node& describe_root(const fhir::Definitions& definitions, fhir::TypeId type, fhir::Arena& arena) {
  Writer writer(definitions, arena);
  const std::string_view name = definitions.type(type).name;
  writer.text("id", name);
  writer.text("path", name);
  writer.text("min", "0");
  writer.text("max", "*");
  return writer.root();
}

const fhir::Node& describe(const fhir::Definitions& definitions, fhir::TypeId owner, const fhir::Element& element,
                           fhir::Arena& arena) {
  Writer writer(definitions, arena);
  const fhir::Type& type = definitions.type(owner);
  std::string path(type.name);
  path.append(".").append(definitions.name(element.name)).append(element.is_choice ? "[x]" : "");
  writer.text("id", path);
  writer.text("path", path);
  writer.text("min", std::to_string(element.min));
  writer.text("max", element.is_list ? "*" : "1");
  for (const fhir::Element& alternative : type.elements) {
    if (alternative.name != element.name) continue;
    writer.type(alternative.type == fhir::kNoType ? "Resource" : type_code(definitions, alternative.type));
  }
  writer.text("isModifier", element.is_modifier ? "true" : "false");
  writer.text("isSummary", element.is_summary ? "true" : "false");
  return writer.root();
}

}  // namespace

// elementDefinition(): collection. "Returns the FHIR element definition information for each element in the input
// collection."
Status element_definition(Evaluator& evaluator, const Call& call, Collection& out) {
  const Environment& environment = evaluator.environment();
  const fhir::Definitions& definitions = environment.definitions;
  for (const Item& item : call.input) {
    if (item.node == nullptr) return evaluator.error(call.bound, "elementDefinition() needs elements");
    const fhir::Node& node = *item.node;
    if (definitions.type(node.type).kind == fhir::TypeKind::resource) {
      VESTA_CHECK_OK(
          evaluator.push(call.bound, node_item(describe_root(definitions, node.type, environment.arena)), out));
      continue;
    }
    VESTA_TRY(const fhir::Node* const parent, find_parent(evaluator, call.bound, environment.resource, node));
    const fhir::Element* const element =
        parent == nullptr ? nullptr : definitions.find_element(parent->type, node.name);
    if (element == nullptr) {
      return evaluator.error(call.bound, "elementDefinition() knows the elements of %resource alone");
    }
    const fhir::Node& made = describe(definitions, parent->type, *element, environment.arena);
    VESTA_CHECK_OK(evaluator.push(call.bound, node_item(made), out));
  }
  return kOk;
}

}  // namespace vesta::fhirpath::functions
