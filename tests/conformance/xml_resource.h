// FHIR XML to FHIR JSON for tests: the input files of official suites that come as XML only.
#pragma once

#include <string>

#include "fhir/definitions.h"

namespace vesta::tests {

// The JSON of a resource's XML; empty if `xml` is not well-formed or its root is no resource. What the definitions do
// not know is left out: the suites' files are valid.
std::string json_of_xml(const fhir::Definitions& definitions, const std::string& xml);

}  // namespace vesta::tests
