// Reading of paths along the definitions.
#include "access/element_paths.h"

#include <string>

#include "access/records.h"

namespace vesta::access {
namespace {

using fhir::Definitions;
using fhir::Element;
using search::ElementPath;

Error wrong(std::string_view text, const std::string& why) {
  return make_error(Category::invalid, "'" + std::string(text) + "' " + why);
}

// The server works with definitions and records of access as they are, and knows what others may see of them by no
// path.
bool is_of_the_server(const search::Registry& registry, fhir::TypeId type) {
  return is_named_only(registry.definitions().type(type).name) ||
         registry.canonical_of(type).names != search::kNoParameter;
}

Status check_first(std::string_view name, std::string_view text, PathUse use, bool is_last) {
  if (name == "id") return wrong(text, "is the id of a resource");
  if (name == "meta" && (use == PathUse::hidden || is_last))
    return wrong(text, "is what the server says of a resource");
  if (name == "contained" && use == PathUse::hidden) return wrong(text, "is hidden by the types of what is contained");
  return kOk;
}

}  // namespace

Result<ElementPath> read_element_path(const search::Registry& registry, std::string_view text, PathUse use) {
  const Definitions& definitions = registry.definitions();
  const std::size_t dot = text.find('.');
  const auto type = definitions.find_resource_type(text.substr(0, dot));
  if (!type || dot == std::string_view::npos) {
    return wrong(text, "is no element: it is written with the type, Type.element");
  }
  if (use == PathUse::hidden && is_of_the_server(registry, *type)) {
    return wrong(text, "is of a type that the server itself works with");
  }
  ElementPath path{*type, {}};
  fhir::TypeId at = *type;
  for (std::string_view rest = text.substr(dot + 1); !rest.empty();) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const std::string_view name = rest.substr(0, end);
    if (end + 1 == rest.size()) return wrong(text, "ends in a dot");
    rest = end == rest.size() ? std::string_view() : rest.substr(end + 1);
    const auto id = definitions.find_name(name);
    const Element* const element = id && at != fhir::kNoType ? definitions.find_element(at, *id) : nullptr;
    if (element == nullptr) return wrong(text, "is no element");
    if (path.names.empty()) VESTA_CHECK_OK(check_first(name, text, use, rest.empty()));
    if (use == PathUse::hidden && element->min > 0) return wrong(text, "is mandatory, or in what is");
    path.names.push_back(*id);
    at = element->is_choice ? fhir::kNoType : element->type;  // what is in a choice has no one type
  }
  if (path.names.empty()) return wrong(text, "is no element");
  const std::string_view last = definitions.name(path.names.back());
  if (definitions.name(path.names.front()) == "meta" && (last == "versionId" || last == "lastUpdated")) {
    return wrong(text, "is what the server says of a resource");
  }
  return path;
}

std::string text_of(const Definitions& definitions, const ElementPath& path) {
  std::string text(definitions.type(path.type).name);
  for (const fhir::NameId name : path.names) text.append(".").append(definitions.name(name));
  return text;
}

search::ElementPaths narrative_of(const Definitions& definitions, fhir::TypeId type) {
  const auto text = definitions.find_name("text");
  const auto narrative = definitions.find_type("Narrative");
  const Element* const element = text ? definitions.find_element(type, *text) : nullptr;
  if (element == nullptr || !narrative || element->type != *narrative) return {};
  return {ElementPath{type, {*text}}};
}

}  // namespace vesta::access
