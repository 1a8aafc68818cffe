// For the tests of the audit: the search parameters of R4.
#pragma once

#include <string_view>

#include "fhir/definitions.h"
#include "search/parameter.h"

namespace vesta::audit::testing {

inline const search::Registry& registry() {
  static const search::Registry value(fhir::r4());
  return value;
}

inline fhir::TypeId type(std::string_view name) {
  return *fhir::r4().find_resource_type(name);
}

}  // namespace vesta::audit::testing
