// Which definition of a search parameter counts for which resource type.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"

namespace vesta::search {

// The definitions of one concrete type by code.
using ByCode = std::map<std::string_view, const fhir::SearchParameter*>;

// By TypeId, one definition for each code: those of abstract types are of all that derive from them.
std::vector<ByCode> definitions_by_type(const fhir::Definitions& definitions);

}  // namespace vesta::search
