// Token parameters: Coding, CodeableConcept, Identifier, ContactPoint, code, boolean and string.
// https://hl7.org/fhir/R4/search.html#token
#include "search/params/match.h"

namespace vesta::search::params {

// DEVIATION: R4 says that a server SHOULD match tokens without case "when in doubt". We match as written: which case
// matters is the code system's to say, ids and UCUM units depend on it, and an index of exact values serves every
// engine alike.
bool matches(const TokenMatch& match, const TokenValue& value) {
  return (!match.system || *match.system == value.system) && (!match.code || *match.code == value.code);
}

}  // namespace vesta::search::params
