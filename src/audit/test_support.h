// For the tests of the audit: the search parameters of R4.
#pragma once

#include <string>
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

// "audit-1-5f3a9c01-2" as "audit-1-2", for what the hash is is of no matter.
inline std::string without_hash(std::string id) {
  return id.erase(id.find('-', 6), 9);
}

}  // namespace vesta::audit::testing
