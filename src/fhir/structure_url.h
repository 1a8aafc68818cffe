// The canonical URLs of the definitions of R4's types: https://hl7.org/fhir/R4/structuredefinition.html
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fhir/definitions.h"

namespace vesta::fhir {

// A type whose definition is not one of HL7's, below whose URL all others stand.
struct OwnStructureUrl {
  TypeId type;
  std::string_view url;
};
// Generated with the tables.
std::span<const OwnStructureUrl> r4_own_structure_urls();

// Of a type of r4() that has a definition of its own: all but backbone elements.
std::string r4_structure_url(TypeId type);
// The type of r4() whose definition this is, in the version of the tables if the URL names one; nullopt: none's.
std::optional<TypeId> find_r4_structure(std::string_view url);

}  // namespace vesta::fhir
