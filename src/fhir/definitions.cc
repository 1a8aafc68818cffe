// Look-ups in the generated tables.
#include "fhir/definitions.h"

#include <algorithm>

namespace vesta::fhir {

std::optional<TypeId> Definitions::find_type(std::string_view name) const {
  const auto found = std::lower_bound(types().begin(), types().end(), name,
                                      [](const Type& type, std::string_view wanted) { return type.name < wanted; });
  if (found == types().end() || found->name != name) return std::nullopt;
  return static_cast<TypeId>(found - types().begin());
}

std::optional<TypeId> Definitions::find_resource_type(std::string_view name) const {
  const std::optional<TypeId> id = find_type(name);
  if (!id || type(*id).kind != TypeKind::resource || type(*id).is_abstract) return std::nullopt;
  return id;
}

std::optional<NameId> Definitions::find_name(std::string_view name) const {
  const auto found = std::lower_bound(tables_->names.begin(), tables_->names.end(), name);
  if (found == tables_->names.end() || *found != name) return std::nullopt;
  return static_cast<NameId>(found - tables_->names.begin());
}

const Element* Definitions::find_element(TypeId type_id, std::string_view json_name) const {
  const Type& owner = type(type_id);
  const std::size_t mask = owner.lookup.size() - 1;
  for (std::size_t slot = hash_name(json_name) & mask; owner.lookup[slot] != 0xFF; slot = (slot + 1) & mask) {
    const Element& element = owner.elements[owner.lookup[slot]];
    if (element.json_name == json_name) return &element;
  }
  return nullptr;
}

const Element* Definitions::find_element(TypeId type_id, NameId name) const {
  for (const Element& element : type(type_id).elements) {
    if (element.name == name) return &element;
  }
  return nullptr;
}

bool Definitions::is_a(TypeId type_id, TypeId base) const {
  for (TypeId at = type_id; at != kNoType; at = type(at).base) {
    if (at == base) return true;
  }
  return false;
}

}  // namespace vesta::fhir
