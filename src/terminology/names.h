// Names: the element names of CodeSystem and ValueSet, looked up once per Definitions.
#pragma once

#include "fhir/definitions.h"

namespace vesta::terminology {

// One that a version of FHIR lacks is kNoName, which no node but a root has.
struct Names {
  explicit Names(const fhir::Definitions& definitions);

  fhir::NameId abstract, code, compose, concept_, contains, content, display, exclude, expansion, extension, filter,
      inactive, include, name, offset, op, parameter, property, system, total, uri, url, value, value_set, version;
};

}  // namespace vesta::terminology
