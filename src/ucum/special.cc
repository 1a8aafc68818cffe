// Offsets and roots by exact arithmetic; logarithms, powers and tangents by decimal floating point of 50 digits.
#include "ucum/special.h"

#include <boost/multiprecision/cpp_dec_float.hpp>

#include "base/check.h"

namespace vesta::ucum {
namespace {

using Float = boost::multiprecision::cpp_dec_float_50;
constexpr int kFloatDigits = 40;  // what is kept of a Float

Float to_float(const Number& number) {
  Float value(number.numerator().str());
  value /= Float(number.denominator().str());
  return value * pow(Float(10), number.exponent());
}

Result<Number> from_float(const Float& value) {
  // Its text has an exponent with a sign and leading zeros; Number's form allows both.
  std::optional<Number> number = Number::parse(value.str(kFloatDigits - 1, std::ios_base::scientific));
  if (!number) return make_error(Category::too_large, "the number is beyond what units are computed with");
  return Number(number->numerator(), 1, number->exponent(), Precision::approximate);
}

Number decimal(std::string_view text) {
  return *Number::parse(text);
}

struct Offset {
  std::string_view to_ratio;
  std::string_view to_value;
};
// Absolute zero on each scale, in its own degrees.
Offset offset_of(Function function) {
  switch (function) {
    case Function::celsius:
      return {"273.15", "-273.15"};
    case Function::fahrenheit:
      return {"459.67", "-459.67"};
    default:
      return {"218.52", "-218.52"};
  }
}

// value = factor * log(ratio) / log(base)
struct Logarithm {
  int base = 0;  // 0: e
  int factor = 1;
};
Logarithm logarithm_of(Function function) {
  switch (function) {
    case Function::ln:
      return {0, 1};
    case Function::lg:
      return {10, 1};
    case Function::two_lg:
      return {10, 2};
    case Function::ld:
      return {2, 1};
    case Function::minus_lg:
    case Function::minus_log_10:
      return {10, -1};
    case Function::minus_log_100:
      return {100, -1};
    case Function::minus_log_1000:
      return {1000, -1};
    default:
      return {50'000, -1};
  }
}

// base^(value / factor): exact where that exponent is an integer.
Result<Number> power_of(Logarithm logarithm, const Number& value) {
  if (abs(to_float(value)) > kMaxLevel) return make_error(Category::too_large, "a level beyond 1000");
  VESTA_TRY(const Number exponent, value.divided_by(Number(logarithm.factor)));
  if (exponent.is_integer() && logarithm.base != 0) {
    const Number::Integer integer = exponent.numerator() * power_of_ten(static_cast<unsigned>(exponent.exponent()));
    return Number(logarithm.base).power(integer.convert_to<int>());
  }
  return from_float(logarithm.base == 0 ? Float(exp(to_float(exponent)))
                                        : Float(pow(Float(logarithm.base), to_float(exponent))));
}

// value / factor as an exponent may be an integer: 10*-7 mol/l is pH 7 exactly.
Result<Number> logarithm_of(Logarithm logarithm, const Number& ratio) {
  if (ratio.numerator().sign() <= 0) return make_error(Category::invalid, "only positive quantities have a logarithm");
  const Float base = logarithm.base == 0 ? Float(1) : Float(log(Float(logarithm.base)));
  const Float quotient = log(to_float(ratio)) / base;
  const Float nearest = round(quotient);
  if (logarithm.base != 0 && abs(nearest) <= kMaxLevel) {
    VESTA_TRY(const Number power, Number(logarithm.base).power(nearest.convert_to<int>()));
    if (power == ratio) return Number(nearest.convert_to<int>() * logarithm.factor);
  }
  return from_float(quotient * logarithm.factor);
}

Result<Number> square_root(const Number& ratio) {
  if (ratio.numerator().sign() < 0) return make_error(Category::invalid, "a negative quantity has no square root");
  const bool is_odd = ratio.exponent() % 2 != 0;
  const Number::Integer scaled = is_odd ? Number::Integer(ratio.numerator() * 10) : ratio.numerator();
  const Number::Integer numerator = sqrt(scaled);
  const Number::Integer denominator = sqrt(ratio.denominator());
  if (numerator * numerator == scaled && denominator * denominator == ratio.denominator()) {
    return Number(numerator, denominator, (ratio.exponent() - (is_odd ? 1 : 0)) / 2, ratio.precision());
  }
  return from_float(sqrt(to_float(ratio)));
}

}  // namespace

Result<Number> ratio_of(Function function, const Number& value) {
  switch (function) {
    case Function::none:
      break;
    case Function::celsius:
    case Function::fahrenheit:
    case Function::reaumur:
      return value.plus(decimal(offset_of(function).to_ratio));
    case Function::sqrt:
      return value.times(value);
    case Function::hundred_tan:
      return value.is_zero() ? value : from_float(atan(to_float(value) / 100));
    default:
      return power_of(logarithm_of(function), value);
  }
  CHECK(false);
}

Result<Number> value_of(Function function, const Number& ratio) {
  switch (function) {
    case Function::none:
      break;
    case Function::celsius:
    case Function::fahrenheit:
    case Function::reaumur:
      return ratio.plus(decimal(offset_of(function).to_value));
    case Function::sqrt:
      return square_root(ratio);
    case Function::hundred_tan: {
      if (ratio.is_zero()) return ratio;
      // Between the vertical ones (UCUM's pi is cut off): further round, the tangent says nothing of the slope.
      const Float angle = to_float(ratio);
      if (abs(angle) > boost::math::constants::half_pi<Float>() - Float("1e-40")) {
        return make_error(Category::invalid, "an angle of 90 degrees and more has no slope");
      }
      return from_float(tan(angle) * 100);
    }
    default:
      return logarithm_of(logarithm_of(function), ratio);
  }
  CHECK(false);
}

std::string_view function_name(Function function) {
  switch (function) {
    case Function::none:
      return "";
    case Function::celsius:
      return "Cel";
    case Function::fahrenheit:
      return "degF";
    case Function::reaumur:
      return "degRe";
    case Function::minus_lg:
      return "pH";
    case Function::ln:
      return "ln";
    case Function::lg:
      return "lg";
    case Function::two_lg:
      return "lgTimes2";
    case Function::ld:
      return "ld";
    case Function::hundred_tan:
      return "tanTimes100";
    case Function::sqrt:
      return "sqrt";
    case Function::minus_log_10:
      return "hpX";
    case Function::minus_log_100:
      return "hpC";
    case Function::minus_log_1000:
      return "hpM";
    case Function::minus_log_50000:
      return "hpQ";
  }
  CHECK(false);
}

}  // namespace vesta::ucum
