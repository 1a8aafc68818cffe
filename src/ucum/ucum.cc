// The public functions: parse, evaluate, compute, write.
#include "ucum/ucum.h"

#include "ucum/number.h"
#include "ucum/parser.h"
#include "ucum/special.h"
#include "ucum/unit_value.h"

namespace vesta::ucum {
namespace {

Result<UnitValue> unit_value(std::string_view code) {
  VESTA_TRY(const Term term, parse(code));
  return evaluate(term);
}

Result<Number> number(std::string_view text) {
  std::optional<Number> value = Number::parse(text);
  if (!value) return make_error(Category::invalid, "the value is no decimal, or beyond the limits of one");
  return *std::move(value);
}

// A number times a unit, in base units.
struct Measure {
  Number value;
  UnitValue unit;
};
Result<Measure> measure(const Quantity& quantity) {
  Measure result;
  VESTA_TRY(result.unit, unit_value(quantity.code));
  VESTA_TRY(result.value, number(quantity.value));
  if (result.unit.special != nullptr) {
    return make_error(Category::unsupported, "quantities of special units are neither multiplied nor divided");
  }
  VESTA_TRY(result.value, result.value.times(result.unit.factor));
  result.unit.factor = Number(1);
  return result;
}

}  // namespace

Status validate(std::string_view code) {
  Result<Term> term = parse(code);
  return term.ok() ? Status(kOk) : Status(term.take_error());
}

Result<CanonicalUnit> canonical(std::string_view code) {
  VESTA_TRY(const UnitValue unit, unit_value(code));
  CanonicalUnit result;
  result.factor = unit.factor.text();
  result.is_exact = Number::parse(result.factor) == unit.factor;
  result.code = canonical_code(unit.dimension);
  for (const DimensionPart& part : unit.dimension) result.dimension.push_back({part.base->code, part.exponent});
  if (unit.special != nullptr) result.function = function_name(unit.special->function);
  return result;
}

Result<bool> comparable(std::string_view left, std::string_view right) {
  VESTA_TRY(const UnitValue left_unit, unit_value(left));
  VESTA_TRY(const UnitValue right_unit, unit_value(right));
  return left_unit.dimension == right_unit.dimension;
}

Result<std::string> convert(std::string_view value, std::string_view from, std::string_view to) {
  VESTA_TRY(const UnitValue from_unit, unit_value(from));
  VESTA_TRY(const UnitValue to_unit, unit_value(to));
  VESTA_TRY(const Number from_value, number(value));
  if (from_unit.dimension != to_unit.dimension) {
    return make_error(Category::invalid, "'" + canonical_code(from_unit.dimension) + "' and '" +
                                             canonical_code(to_unit.dimension) + "' are not comparable");
  }
  if (from_unit.special == to_unit.special) {  // both ordinary, or on one scale: its function need not be computed
    VESTA_TRY(const Number scaled, from_value.times(from_unit.factor));
    VESTA_TRY(const Number result, scaled.divided_by(to_unit.factor));
    return result.text();
  }
  VESTA_TRY(const Number middle, to_canonical(from_unit, from_value));
  VESTA_TRY(const Number result, from_canonical(to_unit, middle));
  return result.text();
}

Result<Quantity> canonical_quantity(std::string_view value, std::string_view code) {
  VESTA_TRY(const UnitValue unit, unit_value(code));
  VESTA_TRY(const Number given, number(value));
  VESTA_TRY(const Number result, to_canonical(unit, given));
  return Quantity{result.text(), canonical_code(unit.dimension)};
}

Result<Quantity> multiply(const Quantity& left, const Quantity& right) {
  VESTA_TRY(const Measure left_measure, measure(left));
  VESTA_TRY(const Measure right_measure, measure(right));
  VESTA_TRY(const Number value, left_measure.value.times(right_measure.value));
  VESTA_TRY(const UnitValue unit, product(left_measure.unit, right_measure.unit));
  return Quantity{value.text(), canonical_code(unit.dimension)};
}

Result<Quantity> divide(const Quantity& left, const Quantity& right) {
  VESTA_TRY(const Measure left_measure, measure(left));
  VESTA_TRY(const Measure right_measure, measure(right));
  if (right_measure.value.is_zero()) return make_error(Category::invalid, "a division by zero");
  VESTA_TRY(const Number value, left_measure.value.divided_by(right_measure.value));
  VESTA_TRY(const UnitValue unit, quotient(left_measure.unit, right_measure.unit));
  return Quantity{value.text(), canonical_code(unit.dimension)};
}

}  // namespace vesta::ucum
