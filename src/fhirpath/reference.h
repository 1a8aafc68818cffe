// References by their text: which type of resource one points to, when the resource is not at hand.
#pragma once

#include <optional>
#include <string_view>

#include "fhir/definitions.h"
#include "fhirpath/names.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

// The type in `Patient/1`, `https://example.org/fhir/Patient/1`, both also with `/_history/2`, and
// `Patient?identifier=1`; kNoType for any other text. https://hl7.org/fhir/R4/references.html#literal
fhir::TypeId type_of_reference(const fhir::Definitions& definitions, std::string_view text);

// The target of a Reference, canonical or uri element: a contained resource of `resource` for "#id", otherwise an item
// of kind `resolved`, whose type is that of the text or else of Reference.type. nullopt: not a reference, or nothing to
// go by, or no such contained resource.
std::optional<Item> resolve_reference(const fhir::Definitions& definitions, const Names& names,
                                      const fhir::Node& resource, const Item& reference);

}  // namespace vesta::fhirpath
