// Looking for references to subjects, by their types.
#include "deidentify/subjects.h"

#include "fhir/r4_names.h"

namespace vesta::deidentify {

namespace names = fhir::names;

std::optional<Target> read_target(const fhir::Definitions& definitions, std::string_view reference) {
  const std::size_t history = reference.find("/_history/");
  reference = reference.substr(0, history);
  const std::size_t slash = reference.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == reference.size()) return std::nullopt;
  const std::string_view before = reference.substr(0, slash);
  const std::size_t type_at = before.rfind('/');
  Target target;
  target.type_name = type_at == std::string_view::npos ? before : before.substr(type_at + 1);
  target.id = reference.substr(slash + 1);
  const auto type = definitions.find_resource_type(target.type_name);
  if (!type || target.id.find_first_of("?#|") != std::string_view::npos) return std::nullopt;
  target.type = *type;
  return target;
}

Subjects::Subjects(const fhir::Definitions& definitions, const std::set<fhir::TypeId>& types, const fhir::Node& root)
    : definitions_(definitions), types_(types) {
  note_links(root);
}

void Subjects::note_links(const fhir::Node& node) {
  const std::string_view full_url = node.child_value(names::fullUrl);
  const fhir::Node* const resource = full_url.empty() ? nullptr : node.child(names::resource);
  if (resource != nullptr && types_.contains(resource->type)) {
    const std::string_view id = resource->child_value(names::id);
    links_.emplace(full_url, id.empty() ? full_url : id);
    if (id.empty()) full_urls_.emplace(resource, full_url);
  }
  for (const fhir::Node& child : node.children()) note_links(child);
}

std::optional<std::string> Subjects::of(const fhir::Node& resource) const {
  if (types_.contains(resource.type)) {
    const std::string_view id = resource.child_value(names::id);
    if (!id.empty()) return std::string(id);
    const auto found = full_urls_.find(&resource);
    return found == full_urls_.end() ? std::nullopt : std::optional(std::string(found->second));
  }
  std::set<std::string> found;
  collect(resource, found);
  return found.size() == 1 ? std::optional(*found.begin()) : std::nullopt;
}

void Subjects::collect(const fhir::Node& node, std::set<std::string>& found) const {
  for (const fhir::Node& child : node.children()) {
    if (child.name == names::reference && child.has_value) {
      const auto link = links_.find(child.value);
      const auto target = read_target(definitions_, child.value);
      if (link != links_.end()) {
        found.insert(link->second);
      } else if (target && types_.contains(target->type)) {
        found.emplace(target->id);
      }
    }
    const bool is_other =
        definitions_.type(child.type).kind == fhir::TypeKind::resource && child.name != names::contained;
    if (!is_other) collect(child, found);
  }
}

}  // namespace vesta::deidentify
