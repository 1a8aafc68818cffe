// A search of a compartment is a search with one criterion more: being in it.
#include "ops/compartment.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "search/combine.h"
#include "search/compartment.h"

namespace vesta::ops {

// `*` means all types that the compartment has, or those of them that `_type` names. The self link keeps what was
// asked.
Result<search::Search> parse_compartment_search(const search::ParseContext& context, const Route& route,
                                                std::span<const http::Parameter> parameters) {
  const fhir::Definitions& definitions = context.registry.definitions();
  std::vector<http::Parameter> given(parameters.begin(), parameters.end());
  const bool names_types = std::ranges::find(given, std::string_view("_type"), &http::Parameter::name) != given.end();
  const bool adds_types = route.type == fhir::kNoType && !names_types;
  if (adds_types) {
    std::string types;
    for (const fhir::TypeId type : search::types_of_compartment(definitions, route.compartment)) {
      types.append(types.empty() ? "" : ",").append(definitions.type(type).name);
    }
    if (types.empty()) types = definitions.type(route.compartment).name;  // refused below, by name
    given.push_back({"_type", std::move(types)});
  }
  search::ParseContext of_resources = context;
  of_resources.offers_contained = false;  // what is in a compartment is said of resources
  VESTA_TRY(search::Search asked, search::parse_search(of_resources, route.type, given));
  if (adds_types) std::erase_if(asked.applied, [](const auto& each) { return each.name == "_type"; });
  for (search::Query& query : asked.queries) {
    VESTA_TRY(search::Plan inside,
              search::compartment_plan(context.registry, route.compartment, route.id, query.type, context.base_url));
    query.plan = search::both(std::move(inside), std::move(query.plan));
  }
  return asked;
}

}  // namespace vesta::ops
