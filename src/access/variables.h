// Variables: what `%patient` and its like in a policy stand for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"

namespace vesta::access {

// By their names, without '%'. A variable that is known and has no value is empty.
//   user: "Practitioner/1". today: "2026-01-31", in UTC. Each type that there are compartments of, in lower case
//   (patient, practitioner …): the id of `fhir_user`, if it is of that type. They say who somebody is, never whose
//   record they have chosen to look at.
using Variables = std::map<std::string, std::string, std::less<>>;
Variables variables_of(const fhir::Definitions& definitions, const std::string& fhir_user, Instant now);

// The name of the variable that is the id of a resource of this type.
std::string variable_of(const fhir::Definitions& definitions, fhir::TypeId type);

// The text of a query with the values in it, encoded: they add no parameter and no alternative. nullopt: one of them
// has no value. Errors: invalid (there is no such variable).
Result<std::optional<std::string>> put_variables(std::string_view query, const Variables& variables);

}  // namespace vesta::access
