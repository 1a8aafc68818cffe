// UnitValue: what a unit is in base units; computed from the parsed term.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ucum/number.h"
#include "ucum/parser.h"

namespace vesta::ucum {

// A base unit, or an arbitrary unit (which measures nothing but itself), with its exponent, which is not 0.
struct DimensionPart {
  const UnitDefinition* base = nullptr;
  int exponent = 0;

  bool operator==(const DimensionPart&) const = default;
};
// Sorted by code, so equal dimensions are equal vectors.
using Dimension = std::vector<DimensionPart>;

// Of a special unit: canonical value = ratio_of(function, factor * number) * reference.
struct SpecialScale {
  Function function = Function::none;
  Number reference;  // in base units

  bool operator==(const SpecialScale&) const = default;
};

// One such unit is `factor` of the base units that `dimension` says, unless it has a special scale.
struct UnitValue {
  Number factor = Number(1);
  Dimension dimension;
  const SpecialScale* special = nullptr;  // nullptr for ordinary units; lives as long as the process
};

// https://ucum.org/ucum#section-Semantics: multiplies, divides and raises the units' values. A special unit has neither
// exponents nor other units beside it, only numbers (§22): else unsupported. too_large beyond the limits of Number.
Result<UnitValue> evaluate(const Term& term);

Result<UnitValue> product(const UnitValue& left, const UnitValue& right);
Result<UnitValue> quotient(const UnitValue& left, const UnitValue& right);

// "g.m-1.s-2": base units in the order of their codes; "1" for a number. Again a code of UCUM, with the factor 1.
std::string canonical_code(const Dimension& dimension);

// Of a quantity in base units, from its number in the unit; and back.
Result<Number> to_canonical(const UnitValue& unit, const Number& value);
Result<Number> from_canonical(const UnitValue& unit, const Number& canonical);

}  // namespace vesta::ucum
