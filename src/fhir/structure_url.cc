// From types to the URLs of their definitions, and back.
#include "fhir/structure_url.h"

#include <algorithm>

namespace vesta::fhir {
namespace {

constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";

}  // namespace

std::string r4_structure_url(TypeId type) {
  const auto own = std::ranges::find(r4_own_structure_urls(), type, &OwnStructureUrl::type);
  if (own != r4_own_structure_urls().end()) return std::string(own->url);
  return std::string(kBase) + std::string(r4().type(type).name);
}

std::optional<TypeId> find_r4_structure(std::string_view url) {
  const auto own = std::ranges::find(r4_own_structure_urls(), url, &OwnStructureUrl::url);
  if (own != r4_own_structure_urls().end()) return own->type;
  const std::size_t bar = url.find('|');
  if (bar != std::string_view::npos && url.substr(bar + 1) != r4().fhir_version()) return std::nullopt;
  url = url.substr(0, bar);
  if (!url.starts_with(kBase)) return std::nullopt;
  const auto type = r4().find_type(url.substr(kBase.size()));
  const bool is_defined = type && r4().type(*type).kind != TypeKind::backbone && r4_structure_url(*type) == url;
  return is_defined ? type : std::nullopt;
}

}  // namespace vesta::fhir
