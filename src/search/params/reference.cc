// Reference parameters: Reference, canonical, uri and contained resources.
// https://hl7.org/fhir/R4/search.html#reference
#include <algorithm>

#include "search/params/match.h"

namespace vesta::search::params {

bool matches(const ReferenceMatch& match, const ReferenceValue& value) {
  return match.id == value.id &&
         (match.types.empty() || std::find(match.types.begin(), match.types.end(), value.type) != match.types.end());
}

}  // namespace vesta::search::params
