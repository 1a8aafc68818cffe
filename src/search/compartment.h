// Compartments: the resources around one Patient, Encounter, Practitioner, RelatedPerson or Device, as plans.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"
#include "search/plan.h"

namespace vesta::search {

// The types that resources of the compartment may have, in the order of their names: for `/Patient/1/*`. Empty if
// `compartment` is no type of a compartment.
std::vector<fhir::TypeId> types_of_compartment(const fhir::Definitions& definitions, fhir::TypeId compartment);

// What a resource of type `type` satisfies if it is in the compartment `compartment`/`id`: for
// `/Patient/1/Observation`. With a `base_url`, absolute references to this server count as local ones do. Errors:
// invalid, naming both types, if there is no such compartment or the type is never in it.
// https://hl7.org/fhir/R4/compartmentdefinition.html
Result<Plan> compartment_plan(const Registry& registry, fhir::TypeId compartment, std::string_view id,
                              fhir::TypeId type, std::string_view base_url = {});

// The same for the compartments of any of several resources, which need not be there.
Result<Plan> compartment_plan(const Registry& registry, fhir::TypeId compartment,
                              const std::shared_ptr<const IdSet>& ids, fhir::TypeId type,
                              std::string_view base_url = {});

// What a resource of type `type` satisfies if it is in the compartment of some resource of `compartment` that is here
// and satisfies `owner`. Errors: as above.
Result<Plan> any_compartment_plan(const Registry& registry, fhir::TypeId compartment, fhir::TypeId type,
                                  const Plan& owner = Plan::make_all());

// The resources of `compartment` in whose compartments `root` is by what it refers to: their ids, sorted, each once;
// none if its type is in no such compartment. Absolute references to below `base_url` count as local ones do; empty:
// none do. Errors: invalid (an expression of R4's failed on this tree).
Result<std::vector<std::string>> compartments_of(const Registry& registry, fhir::TypeId compartment,
                                                 const fhir::Node& root, fhir::Arena& arena,
                                                 std::string_view base_url = {});

// The resources of `compartment` that a search names whose matches may be in their compartments: by a reference to
// them, of any parameter, or by `_id`; not in a negation, and not behind a chain or `_has`. Whether they are there is
// not asked. `ids` gets no more than `most` in all, each once; the texts are the query's.
void add_named(const Registry& registry, fhir::TypeId compartment, const Query& query, std::size_t most,
               std::vector<std::string_view>& ids);

}  // namespace vesta::search
