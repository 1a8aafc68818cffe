// Names: the look-ups.
#include "fhirpath/names.h"

namespace vesta::fhirpath {

Names::Names(const fhir::Definitions& definitions)
    : code(definitions.find_name("code").value_or(fhir::kNoName)),
      coding(definitions.find_name("coding").value_or(fhir::kNoName)),
      contained(definitions.find_name("contained").value_or(fhir::kNoName)),
      extension(definitions.find_name("extension").value_or(fhir::kNoName)),
      id(definitions.find_name("id").value_or(fhir::kNoName)),
      modifier_extension(definitions.find_name("modifierExtension").value_or(fhir::kNoName)),
      reference(definitions.find_name("reference").value_or(fhir::kNoName)),
      system(definitions.find_name("system").value_or(fhir::kNoName)),
      type(definitions.find_name("type").value_or(fhir::kNoName)),
      unit(definitions.find_name("unit").value_or(fhir::kNoName)),
      url(definitions.find_name("url").value_or(fhir::kNoName)),
      value(definitions.find_name("value").value_or(fhir::kNoName)),
      extension_type(definitions.find_type("Extension").value_or(fhir::kNoType)),
      quantity_type(definitions.find_type("Quantity").value_or(fhir::kNoType)),
      reference_type(definitions.find_type("Reference").value_or(fhir::kNoType)),
      string_type(definitions.find_type("string").value_or(fhir::kNoType)) {}

}  // namespace vesta::fhirpath
