// The codes of search parameter types. https://hl7.org/fhir/R4/valueset-search-param-type.html
#pragma once

#include <optional>
#include <string_view>

#include "fhir/definitions.h"

namespace vesta::fhir {

// "number", "date" …
std::string_view code_of(SearchParamType type);
// The other way round; nullopt: no code of a type.
std::optional<SearchParamType> search_param_type(std::string_view code);

}  // namespace vesta::fhir
