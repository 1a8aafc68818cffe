// Functions on numbers: https://hl7.org/fhirpath/N1/#math
#include <boost/multiprecision/cpp_dec_float.hpp>
#include <charconv>
#include <optional>
#include <string>

#include "fhirpath/arithmetic.h"
#include "fhirpath/functions/bodies.h"
#include "fhirpath/quantity.h"

namespace vesta::fhirpath::functions {
namespace {

using Real = boost::multiprecision::cpp_dec_float_50;

// The number of the input or of an argument.
Result<std::optional<Value>> number_in(Evaluator& evaluator, const Call& call, const Collection& collection) {
  VESTA_TRY(std::optional<Value> value, evaluator.single_value(call.bound, collection));
  if (value && !is_number(value->kind)) return evaluator.error(call.bound, "a number is needed");
  return value;
}

Result<std::optional<Value>> number_argument(Evaluator& evaluator, const Call& call) {
  Collection argument;
  VESTA_CHECK_OK(evaluator.run(*call.bound.operands[1], call.scope, argument));
  return number_in(evaluator, call, argument);
}

std::optional<Real> real_of(std::string_view text) {
  const std::optional<std::string> plain = plain_decimal(text);
  return plain ? std::optional<Real>(Real(*plain)) : std::nullopt;
}

// Rounded to the digits of a Decimal; nullopt for what is no number or too great.
std::optional<std::string> text_of(const Real& number) {
  if (!boost::multiprecision::isfinite(number)) return std::nullopt;
  std::optional<std::string> text = plain_decimal(number.str(kDecimalDigits, std::ios_base::fmtflags{}));
  if (text && text->find_first_of("123456789") == std::string::npos) return "0";
  return text;
}

// Integers are whole already.
Status round_whole(Evaluator& evaluator, const Call& call, Rounding rounding, Collection& out) {
  VESTA_TRY(std::optional<Value> number, number_in(evaluator, call, call.input));
  if (!number) return kOk;
  return evaluator.push_computed(call.bound, Item::Kind::integer, round_to(number->text, 0, rounding), out);
}

// A function of one number.
Status compute(Evaluator& evaluator, const Call& call, Collection& out,
               std::optional<std::string> (*function)(const Real&)) {
  VESTA_TRY(std::optional<Value> number, number_in(evaluator, call, call.input));
  if (!number) return kOk;
  const std::optional<Real> real = real_of(number->text);
  return evaluator.push_computed(call.bound, Item::Kind::decimal, real ? function(*real) : std::nullopt, out);
}

std::optional<std::string> power_of(const Real& base, const Real& exponent) {
  const bool is_whole = boost::multiprecision::trunc(exponent) == exponent;
  if ((base < 0 && !is_whole) || (base == 0 && exponent <= 0)) {
    return exponent == 0 ? std::optional<std::string>("1") : std::nullopt;
  }
  if (base == 0) return "0";
  const Real size =
      boost::multiprecision::abs(exponent * boost::multiprecision::log10(boost::multiprecision::abs(base)));
  if (size > kMaxPowerOfTen) return std::nullopt;
  return text_of(boost::multiprecision::pow(base, exponent));
}

}  // namespace

// https://hl7.org/fhirpath/N1/#abs-integer-decimal-quantity
Status absolute(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> value, evaluator.single_value(call.bound, call.input));
  if (!value) return kOk;
  if (!is_number(value->kind) && value->kind != Item::Kind::quantity) {
    return evaluator.error(call.bound, "a number or quantity is needed");
  }
  std::string text = value->text.starts_with('-') ? negated(value->text) : std::string(value->text);
  if (value->kind == Item::Kind::quantity) text = quantity_text(text, *value);
  return evaluator.push_computed(call.bound, value->kind, text, out);
}

// https://hl7.org/fhirpath/N1/#ceiling-integer
Status ceiling(Evaluator& evaluator, const Call& call, Collection& out) {
  return round_whole(evaluator, call, Rounding::ceiling, out);
}

// https://hl7.org/fhirpath/N1/#floor-integer
Status floor(Evaluator& evaluator, const Call& call, Collection& out) {
  return round_whole(evaluator, call, Rounding::floor, out);
}

// https://hl7.org/fhirpath/N1/#truncate-integer
Status truncate(Evaluator& evaluator, const Call& call, Collection& out) {
  return round_whole(evaluator, call, Rounding::truncate, out);
}

// https://hl7.org/fhirpath/N1/#roundprecision-integer-decimal
Status round(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> number, number_in(evaluator, call, call.input));
  if (!number) return kOk;
  std::size_t places = 0;
  if (call.bound.operands.size() > 1) {
    VESTA_TRY(std::optional<Value> argument, evaluator.argument(call, 1, Item::Kind::integer));
    if (!argument) return kOk;
    const char* end = argument->text.data() + argument->text.size();
    if (std::from_chars(argument->text.data(), end, places).ec != std::errc{}) {
      return evaluator.error(call.bound, "a precision is not negative");
    }
  }
  return evaluator.push_computed(call.bound, Item::Kind::decimal,
                                 round_to(number->text, places, Rounding::half_away_from_zero), out);
}

// https://hl7.org/fhirpath/N1/#exp-decimal
Status exp(Evaluator& evaluator, const Call& call, Collection& out) {
  return compute(evaluator, call, out, [](const Real& number) -> std::optional<std::string> {
    if (boost::multiprecision::abs(number) > kMaxPowerOfTen) return std::nullopt;
    return text_of(boost::multiprecision::exp(number));
  });
}

// https://hl7.org/fhirpath/N1/#ln-decimal
Status ln(Evaluator& evaluator, const Call& call, Collection& out) {
  return compute(evaluator, call, out, [](const Real& number) -> std::optional<std::string> {
    if (number <= 0) return std::nullopt;
    return text_of(boost::multiprecision::log(number));
  });
}

// https://hl7.org/fhirpath/N1/#logbase-decimal-decimal
Status log(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> number, number_in(evaluator, call, call.input));
  VESTA_TRY(std::optional<Value> base, number_argument(evaluator, call));
  if (!number || !base) return kOk;
  const std::optional<Real> real = real_of(number->text);
  const std::optional<Real> real_base = real_of(base->text);
  if (!real || !real_base || *real <= 0 || *real_base <= 0 || *real_base == 1) return kOk;
  const Real quotient = boost::multiprecision::log(*real) / boost::multiprecision::log(*real_base);
  return evaluator.push_computed(call.bound, Item::Kind::decimal, text_of(quotient), out);
}

// https://hl7.org/fhirpath/N1/#powerexponent-integer-decimal-integer-decimal
Status power(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> number, number_in(evaluator, call, call.input));
  VESTA_TRY(std::optional<Value> exponent, number_argument(evaluator, call));
  if (!number || !exponent) return kOk;
  const std::optional<Real> real = real_of(number->text);
  const std::optional<Real> real_exponent = real_of(exponent->text);
  if (!real || !real_exponent) return kOk;
  const bool is_integer =
      number->kind == Item::Kind::integer && exponent->kind == Item::Kind::integer && !exponent->text.starts_with('-');
  return evaluator.push_computed(call.bound, is_integer ? Item::Kind::integer : Item::Kind::decimal,
                                 power_of(*real, *real_exponent), out);
}

// https://hl7.org/fhirpath/N1/#sqrt-decimal
Status sqrt(Evaluator& evaluator, const Call& call, Collection& out) {
  return compute(evaluator, call, out, [](const Real& number) -> std::optional<std::string> {
    if (number < 0) return std::nullopt;
    return text_of(boost::multiprecision::sqrt(number));
  });
}

}  // namespace vesta::fhirpath::functions
