// Number parameters: integer, decimal and Range. https://hl7.org/fhir/R4/search.html#number
#include "search/params/match.h"

namespace vesta::search::params {

// https://hl7.org/fhir/R4/search.html#prefix. The value is [low, high], closed; the parameter is its implicit precision
// [low, high) for eq, ne and (widened) ap, and the number itself, "as if it had arbitrarily high precision", for the
// rest.
bool matches_number(const NumberMatch& match, DecimalKey low, DecimalKey high) {
  const bool contained = low >= match.low && high < match.high;
  switch (match.prefix) {
    case Prefix::eq:
      return contained;
    case Prefix::ne:
      return !contained;
    case Prefix::gt:
      return high > match.exact;
    case Prefix::lt:
      return low < match.exact;
    case Prefix::ge:
      return high >= match.exact;
    case Prefix::le:
      return low <= match.exact;
    case Prefix::sa:
      return low > match.exact;
    case Prefix::eb:
      return high < match.exact;
    case Prefix::ap:
      return low < match.high && high >= match.low;
  }
  return false;
}

bool matches(const NumberMatch& match, const NumberValue& value) {
  return matches_number(match, value.low, value.high);
}

}  // namespace vesta::search::params
