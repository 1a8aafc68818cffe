// Element paths: what `hidden` and `readOnly` of a rule mean.
#pragma once

#include <string_view>

#include "base/result.h"
#include "search/elements.h"

namespace vesta::access {

// Of hidden ones it may do without: neither they nor what they stand in are mandatory, and the server itself does not
// work with what they say.
enum class PathUse : unsigned char { hidden, read_only };

// Of "Patient.contact.telecom": the type, and the elements as FHIRPath names them (`Observation.value`). Errors
// (invalid): no type, no element; the id, and what the server writes into meta; of hidden ones all of meta, what is
// mandatory, all that is contained, and elements of the types of access and of those that canonicals lead to.
Result<search::ElementPath> read_element_path(const search::Registry& registry, std::string_view text, PathUse use);
// As it is written.
std::string text_of(const fhir::Definitions& definitions, const search::ElementPath& path);

// Where the narrative of a resource stands, which tells what other elements say; empty: the type has none.
search::ElementPaths narrative_of(const fhir::Definitions& definitions, fhir::TypeId type);

}  // namespace vesta::access
