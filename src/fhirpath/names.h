// Names: the element names and types of a Definitions that the language itself refers to, looked up once per program.
#pragma once

#include "fhir/definitions.h"

namespace vesta::fhirpath {

struct Names {
  explicit Names(const fhir::Definitions& definitions);

  fhir::NameId code, coding, contained, extension, id, modifier_extension, reference, system, type, unit, url, value;
  fhir::TypeId extension_type, quantity_type, reference_type, string_type;
};

}  // namespace vesta::fhirpath
