// Fixed values and patterns. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_
#pragma once

#include "fhir/node.h"

namespace vesta::validate {

// "The value SHALL be exactly the value": the same elements, in the same order, with the same texts.
bool is_exactly(const fhir::Node& element, const fhir::Node& fixed);
// "Any additional values are permitted": what the pattern has is there, each item of a list in some item.
bool fits_pattern(const fhir::Node& element, const fhir::Node& pattern);

}  // namespace vesta::validate
