// Quantity parameters: Quantity and its profiles, Money, Range and SampledData.
// https://hl7.org/fhir/R4/search.html#quantity
#include "search/params/match.h"

namespace vesta::search::params {

// [number]|[system]|[code] wants both; [number]||[code] wants the code as code or as unit; [number] any of them.
bool matches(const QuantityMatch& match, const QuantityValue& value) {
  if (match.system && *match.system != value.system) return false;
  if (match.code && *match.code != value.code && (match.system || *match.code != value.unit)) return false;
  return matches_number(match.number, value.low, value.high);
}

}  // namespace vesta::search::params
