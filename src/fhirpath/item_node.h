// An item as a node of a typed tree, so that whatever writes trees can write results.
#pragma once

#include <string>

#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/program.h"

namespace vesta::fhirpath {

// The node of an item, without its siblings; its children are shared. A System value becomes the FHIR type that it
// converts to, a Quantity of UCUM with system and code; a text that this type does not take (a time without minutes),
// the name of a type and a target that is not at hand become a string. https://hl7.org/fhir/R4/fhirpath.html#types
fhir::Node* to_node(const fhir::Definitions& definitions, const Item& item, fhir::Arena& arena);

// "FHIR.HumanName", "System.String"; of a target that is not at hand: its type, or "FHIR.Resource".
std::string qualified_type(const fhir::Definitions& definitions, const Item& item);

}  // namespace vesta::fhirpath
