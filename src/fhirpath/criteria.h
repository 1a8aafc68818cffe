// Criteria that become steps of a path, and constants: what the binder looks up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/bound.h"

namespace vesta::fhirpath {

// OPTIMIZATION: the criteria that search parameters use become steps of the path itself:
// where(resolve() is Patient) and where(type = 'composed-of').
std::optional<Step> criteria_step(const Bound& criteria);

// The text of %sct, %loinc, %ucum, %vs-… and %ext-…; nullopt: none of these.
// https://hl7.org/fhir/R4/fhirpath.html#vars
std::optional<std::string> find_constant(std::string_view name);

}  // namespace vesta::fhirpath
