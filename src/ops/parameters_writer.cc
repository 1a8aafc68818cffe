// The elements of Parameters, by their names in the definitions.
#include "ops/parameters_writer.h"

#include <string>

#include "base/check.h"
#include "fhir/primitive.h"

namespace vesta::ops {
namespace {

// valueHumanName for HumanName.
std::string value_name(std::string_view type) {
  std::string name = "value" + std::string(type);
  if (name[5] >= 'a' && name[5] <= 'z') name[5] = static_cast<char>(name[5] - 'a' + 'A');
  return name;
}

}  // namespace

ParametersWriter::ParametersWriter(const fhir::Definitions& definitions, fhir::Arena& arena)
    : definitions_(definitions), arena_(arena) {
  const auto type = definitions.find_resource_type("Parameters");
  CHECK(type.has_value());
  root_.node = arena.make<fhir::Node>();
  root_.node->type = *type;
}

void ParametersWriter::append(Part& owner, std::string_view element, fhir::Node& child) {
  const fhir::Element* const found = definitions_.find_element(owner.node->type, element);
  CHECK(found != nullptr);
  child.name = found->name;
  child.in_list = found->is_list;
  child.is_choice = found->is_choice;
  child.next = nullptr;
  if (found->type != fhir::kNoType) child.type = found->type;
  (owner.last == nullptr ? owner.node->first_child : owner.last->next) = &child;
  owner.last = &child;
}

fhir::Node& ParametersWriter::string_node(std::string_view type, std::string_view text) {
  const auto found = definitions_.find_type(type);
  CHECK(found.has_value());
  auto* node = arena_.make<fhir::Node>();
  node->type = *found;
  node->value = arena_.copy(text);
  node->has_value = true;
  node->needs_escape = true;
  return *node;
}

ParametersWriter::Part ParametersWriter::add(Part& owner, std::string_view name) {
  Part part{arena_.make<fhir::Node>()};
  append(owner, &owner == &root_ ? "parameter" : "part", *part.node);
  append(part, "name", string_node("string", name));
  return part;
}

void ParametersWriter::add_copy(Part& owner, const fhir::Node& parameter) {
  append(owner, &owner == &root_ ? "parameter" : "part", *arena_.make<fhir::Node>(parameter));
}

void ParametersWriter::text(Part& part, std::string_view text) {
  if (!fhir::has_form(fhir::Primitive::string, text)) return;
  append(part, "valueString", string_node("string", text));
}

void ParametersWriter::extension(Part& part, std::string_view url, std::string_view value) {
  Part extension{arena_.make<fhir::Node>()};
  append(part, "extension", *extension.node);
  append(extension, "url", string_node("uri", url));
  append(extension, "valueString", string_node("string", value));
}

bool ParametersWriter::value(Part& part, fhir::Node& node) {
  const fhir::Type& type = definitions_.type(node.type);
  if (type.kind == fhir::TypeKind::resource) {
    append(part, "resource", node);
    return true;
  }
  const std::string name = value_name(type.name);
  if (definitions_.find_element(part.node->type, name) == nullptr) return false;
  append(part, name, node);
  return true;
}

}  // namespace vesta::ops
