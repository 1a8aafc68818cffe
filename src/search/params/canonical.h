// Quantities in the canonical unit of their dimension, so that they compare across units. https://ucum.org/ucum
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "search/plan.h"
#include "ucum/unit_cache.h"

namespace vesta::search::params {

// The system of UCUM's codes. https://hl7.org/fhir/R4/terminologies-systems.html
inline constexpr std::string_view kUcumSystem = "http://unitsofmeasure.org";

struct CanonicalNumber {
  std::string key;  // see decimal_key.h
  std::string unit;
};
// `value` is a decimal's text. nullopt where the code is no unit of UCUM, or the number is beyond a limit: it is then
// compared with the same unit only.
std::optional<CanonicalNumber> canonical_number(ucum::UnitCache& units, std::string_view value, std::string_view code);

// Both ends of a range, of which either may be infinite, each in a unit of its own; nullopt also if these are of
// different dimensions. Units in which a larger number is less (pH) have no canonical range: nullopt.
struct CanonicalRange {
  std::string low, high, unit;
};
std::optional<CanonicalRange> canonical_range(ucum::UnitCache& units, DecimalKey low, std::string_view low_code,
                                              DecimalKey high, std::string_view high_code);

// The match in the canonical unit, whose code goes to `unit`; nullopt as above.
std::optional<NumberMatch> canonical_match(ucum::UnitCache& units, const NumberMatch& match, std::string_view code,
                                           std::string& unit);

}  // namespace vesta::search::params
