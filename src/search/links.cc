// The three forms of a reference, compared with a resource.
#include "search/links.h"

#include <algorithm>

#include "fhir/primitive.h"
#include "search/values_of.h"

namespace vesta::search {

std::string absolute_url(const fhir::Definitions& definitions, std::string_view base_url, fhir::TypeId type,
                         std::string_view id) {
  std::string url(base_url);
  url.append("/").append(definitions.type(type).name).append("/").append(id);
  return url;
}

std::optional<OwnResource> own_resource(const fhir::Definitions& definitions, std::string_view base_url,
                                        std::string_view uri) {
  if (base_url.empty() || !uri.starts_with(base_url)) return std::nullopt;
  uri.remove_prefix(base_url.size());
  if (!uri.starts_with('/')) return std::nullopt;
  uri.remove_prefix(1);
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos || !fhir::is_id(uri.substr(slash + 1))) return std::nullopt;
  const auto type = definitions.find_resource_type(uri.substr(0, slash));
  if (!type) return std::nullopt;
  return OwnResource{*type, uri.substr(slash + 1)};
}

bool refers_to(const Surroundings& surroundings, const Parameter& parameter, const Subject& source,
               const Subject& target) {
  const IndexValues& from = *source.values;
  const bool is_local = std::ranges::any_of(values_of(from.references, parameter.id), [&](const ReferenceValue& value) {
    return value.type == target.type && value.id == target.id;
  });
  if (is_local) return true;
  const Registry& registry = surroundings.registry();
  const auto uris = values_of(from.uris, parameter.id);
  if (!uris.empty() && !surroundings.base_url().empty()) {
    const std::string url = absolute_url(registry.definitions(), surroundings.base_url(), target.type, target.id);
    if (std::ranges::find(uris, url, &UriValue::uri) != uris.end()) return true;
  }
  const ParameterId names = registry.canonical_of(target.type).names;
  if (parameter.canonical == kNoParameter || names == kNoParameter) return false;
  return std::ranges::any_of(values_of(from.uris, parameter.canonical), [&](const UriValue& canonical) {
    const auto known = values_of(target.values->uris, names);
    return std::ranges::find(known, canonical.uri, &UriValue::uri) != known.end();
  });
}

std::set<fhir::TypeId> linked_types(const Plan& plan) {
  std::set<fhir::TypeId> types;
  if (plan.link.type != fhir::kNoType) types.insert(plan.link.type);
  for (const Plan& child : plan.children) types.merge(linked_types(child));
  if (plan.shared != nullptr) types.merge(linked_types(*plan.shared));
  return types;
}

}  // namespace vesta::search
