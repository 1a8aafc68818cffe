// References by their text.
#include "fhirpath/reference.h"

#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

// Takes the last segment off `path` and returns it.
std::string_view take_last_segment(std::string_view& path) {
  std::size_t slash = path.rfind('/');
  std::string_view segment = slash == std::string_view::npos ? path : path.substr(slash + 1);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  return segment;
}

std::optional<Item> find_contained(const Names& names, const fhir::Node& resource, std::string_view id) {
  if (id.empty()) return node_item(resource);
  for (const fhir::Node& child : resource.children()) {
    if (child.name == names.contained && child.child_value(names.id) == id) return node_item(child);
  }
  return std::nullopt;
}

}  // namespace

fhir::TypeId type_of_reference(const fhir::Definitions& definitions, std::string_view text) {
  if (text.starts_with("urn:")) return fhir::kNoType;
  bool is_conditional = text.find('?') != std::string_view::npos;
  text = text.substr(0, text.find_first_of("?#|"));
  std::string_view last = take_last_segment(text);
  if (is_conditional) return definitions.find_resource_type(last).value_or(fhir::kNoType);
  std::string_view name = take_last_segment(text);
  if (name == "_history") {
    take_last_segment(text);
    name = take_last_segment(text);
  }
  return definitions.find_resource_type(name).value_or(fhir::kNoType);
}

std::optional<Item> resolve_reference(const fhir::Definitions& definitions, const Names& names,
                                      const fhir::Node& resource, const Item& reference) {
  std::string_view text;
  std::string_view type_name;
  if (reference.kind == Item::Kind::string) {
    text = reference.text;
  } else if (reference.kind == Item::Kind::node && reference.node->has_value) {
    std::optional<Value> value = value_of(definitions, names, reference);
    if (!value || value->kind != Item::Kind::string) return std::nullopt;
    text = value->text;
  } else if (reference.kind == Item::Kind::node && reference.type == names.reference_type) {
    text = reference.node->child_value(names.reference);
    type_name = reference.node->child_value(names.type);
  } else {
    return std::nullopt;
  }
  if (text.empty() && type_name.empty()) return std::nullopt;
  if (text.starts_with('#')) return find_contained(names, resource, text.substr(1));

  fhir::TypeId type = type_of_reference(definitions, text);
  if (type == fhir::kNoType) type = definitions.find_resource_type(type_name).value_or(fhir::kNoType);
  return Item{Item::Kind::resolved, type, nullptr, text, false};
}

}  // namespace vesta::fhirpath
