// The formats of FHIR that are read and written here.
#pragma once

namespace vesta::ops {

// https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/R4/xml.html
enum class Format { json, xml };

}  // namespace vesta::ops
