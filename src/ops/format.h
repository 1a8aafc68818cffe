// The formats of FHIR that are read and written here.
#pragma once

#include <string>

#include "base/result.h"
#include "fhir/node.h"
#include "store/scratch.h"

namespace vesta::ops {

// https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/R4/xml.html
enum class Format { json, xml };

// The tree of a text that outlives it. Errors: those of the format's reader.
inline Result<fhir::Node*> read_text(Format format, const std::string& text, store::Scratch& scratch) {
  return format == Format::xml ? scratch.read_xml(text) : scratch.read_json(text, text.capacity());
}

}  // namespace vesta::ops
