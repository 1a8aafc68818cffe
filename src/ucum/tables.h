// The prefixes and units of UCUM as constant tables, generated at build time from ucum-essence.xml.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vesta::ucum {

// How a special unit's number r and the ratio x of the quantity to the unit's reference belong together.
// https://ucum.org/ucum#section-Special-Units-on-non-ratio-Scales
enum class Function : std::uint8_t {
  none,
  celsius,       // r = x - 273.15
  fahrenheit,    // r = x - 459.67, the reference is 5/9 K
  reaumur,       // r = x - 218.52, the reference is 5/4 K
  minus_lg,      // r = -lg x
  ln,            // r = ln x
  lg,            // r = lg x
  two_lg,        // r = 2 lg x
  ld,            // r = ld x
  hundred_tan,   // r = 100 tan x, x in radians
  sqrt,          // r = sqrt x
  minus_log_10,  // r = -log x to the base 10, 100, 1000, 50000: homeopathic potencies
  minus_log_100,
  minus_log_1000,
  minus_log_50000,
};

struct PrefixDefinition {
  std::string_view code;
  std::string_view name;
  std::string_view value;  // a decimal
};

struct UnitDefinition {
  std::string_view code;  // case-sensitive
  std::string_view name;  // the first of its names, UTF-8
  std::string_view property;
  std::string_view
      value;              // with `unit`: what it is defined as; of a special unit, its reference. Empty for a base unit
  std::string_view unit;  // a term
  Function function;      // none, but for special units
  bool is_base;
  bool is_metric;  // takes prefixes
  bool is_arbitrary;
};

// Sorted by code, byte by byte.
std::span<const PrefixDefinition> prefixes();
std::span<const UnitDefinition> units();

// nullptr where there is none.
const PrefixDefinition* find_prefix(std::string_view code);
const UnitDefinition* find_unit(std::string_view code);

}  // namespace vesta::ucum
