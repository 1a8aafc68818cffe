// Chooses among definitions that share a code, and gives those of abstract types to the concrete ones.
#include "search/definitions_by_type.h"

#include <algorithm>

namespace vesta::search {
namespace {

using fhir::TypeId;

constexpr std::string_view kCorePrefix = "http://hl7.org/fhir/SearchParameter/";

// How far a definition is from being the core one of its code; the lowest wins. Two examples among R4's definitions
// reuse the codes of core ones (Condition subject, Resource _id).
int distance_from_core(const fhir::Definitions& definitions, const fhir::SearchParameter& parameter) {
  std::string_view name = parameter.url;
  if (!name.starts_with(kCorePrefix)) return 3;
  name.remove_prefix(kCorePrefix.size());
  std::string_view code = parameter.code;
  if (code.starts_with('_')) code.remove_prefix(1);  // Resource-id is `_id`
  if (!name.ends_with(code)) return 2;
  const std::string_view owner = name.substr(0, name.size() - code.size());
  const bool names_its_type = std::ranges::any_of(parameter.base, [&](TypeId base) {
    return owner.size() == definitions.type(base).name.size() + 1 && owner.starts_with(definitions.type(base).name) &&
           owner.back() == '-';
  });
  return names_its_type ? 0 : 1;  // 1: clinical-code, individual-gender …
}

bool is_preferred(const fhir::Definitions& definitions, const fhir::SearchParameter& candidate,
                  const fhir::SearchParameter& known) {
  const int left = distance_from_core(definitions, candidate);
  const int right = distance_from_core(definitions, known);
  return left != right ? left < right : candidate.url < known.url;
}

}  // namespace

std::vector<ByCode> definitions_by_type(const fhir::Definitions& definitions) {
  std::vector<ByCode> by_type(definitions.types().size());
  const auto offer = [&](TypeId type, const fhir::SearchParameter& parameter) {
    auto [at, is_new] = by_type[type].try_emplace(parameter.code, &parameter);
    if (!is_new && is_preferred(definitions, parameter, *at->second)) at->second = &parameter;
  };
  for (const fhir::SearchParameter& parameter : definitions.search_parameters()) {
    for (const TypeId base : parameter.base) {
      if (!definitions.type(base).is_abstract) {
        offer(base, parameter);
        continue;
      }
      for (std::size_t id = 0; id < by_type.size(); ++id) {
        const auto type = static_cast<TypeId>(id);
        const fhir::Type& candidate = definitions.type(type);
        if (candidate.kind != fhir::TypeKind::resource || candidate.is_abstract) continue;
        if (definitions.is_a(type, base)) offer(type, parameter);
      }
    }
  }
  return by_type;
}

}  // namespace vesta::search
