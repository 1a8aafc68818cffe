// Uri parameters: uri, url, canonical, oid and uuid. https://hl7.org/fhir/R4/search.html#uri
#include "search/params/match.h"

namespace vesta::search::params {

// "Matches are precise, case, accent, and escape sensitive, and the entire URI must match."
bool matches(const UriMatch& match, const UriValue& value) {
  return match.uri == value.uri;
}

}  // namespace vesta::search::params
