// The units of UCUM: is a code valid, what is it in base units, and quantities converted, multiplied and divided.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vesta::ucum {

// Codes are UCUM's case-sensitive ones (kMaxCodeLength and further limits: parser.h); the empty code is the unity.
// Values are FHIR decimals: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, limits in number.h.
//
// All arithmetic is exact, with the constants as UCUM gives them (pi has 65 digits). A result that is a finite decimal
// is given in full: 1 [in_i] is 0.0254 m. One that is not (1 /min in s-1), or that a logarithm, power, root or tangent
// gave, is rounded once, at the end, to 26 significant digits, half away from zero. Equal quantities get equal texts.
//
// Errors: invalid (no such code, no decimal, units that are not comparable, no such value), too_large (beyond a limit),
// unsupported (a special unit, like Cel, in a product with other units). All functions are pure and thread-safe.

struct Quantity {
  std::string value;
  std::string code;

  bool operator==(const Quantity&) const = default;
};

struct BaseExponent {
  std::string_view code;  // m, s, g, rad, K, C, cd, or an arbitrary unit as [iU]
  int exponent = 0;

  bool operator==(const BaseExponent&) const = default;
};

struct CanonicalUnit {
  std::string factor;    // so many of `code` is one unit; with a function: by what its number is multiplied before
  bool is_exact = true;  // false: `factor` is rounded
  std::string code;      // base units in the order of their codes, "g.m-1.s-2"; "1" for a number; again a valid code
  std::vector<BaseExponent> dimension;
  std::string_view function;  // of a special unit: UCUM's name of it, "Cel", "pH", "lg"; else empty
};

// Syntax, units and prefixes. A special unit in a product is valid here though canonical() refuses it: the grammar
// allows it, and only its meaning is undefined.
Status validate(std::string_view code);

Result<CanonicalUnit> canonical(std::string_view code);

// Whether quantities in the two units can be converted into each other: they have the same dimension.
Result<bool> comparable(std::string_view left, std::string_view right);

// `value` in `from` as a number in `to`.
Result<std::string> convert(std::string_view value, std::string_view from, std::string_view to);

// In base units: {"6.3", "mm"} is {"0.0063", "m"}. For many calls: UnitCache.
Result<Quantity> canonical_quantity(std::string_view value, std::string_view code);

// In base units. Not for special units. Division by zero is invalid.
Result<Quantity> multiply(const Quantity& left, const Quantity& right);
Result<Quantity> divide(const Quantity& left, const Quantity& right);

// The code in words: "(meter ^ 3) * (kilogram ^ -1)"; "(unity)" for the empty code.
Result<std::string> display(std::string_view code);

}  // namespace vesta::ucum
