// Arithmetic: by the exact numbers of the units, and by digits where they are rounded.
#include "fhirpath/arithmetic.h"

#include <algorithm>

#include "base/decimal_text.h"
#include "ucum/number.h"

namespace vesta::fhirpath {
namespace {

using ucum::Number;

constexpr int kMaxExponent = static_cast<int>(kMaxDecimalScale);

std::optional<Number> number_of(std::string_view text) {
  std::optional<std::string> plain = plain_decimal(text);
  return plain ? Number::parse(*plain) : std::nullopt;
}

std::optional<std::string> text_of(const Result<Number>& number) {
  if (!number.ok()) return std::nullopt;
  return plain_decimal(number->text(kDecimalDigits));
}

// The whole part, towards zero.
std::optional<Number> whole(const Number& number) {
  if (std::abs(number.exponent()) > kMaxExponent) return std::nullopt;
  const Number::Integer power = ucum::power_of_ten(static_cast<unsigned>(std::abs(number.exponent())));
  if (number.exponent() >= 0) return Number(Number::Integer(number.numerator() * power / number.denominator()));
  return Number(Number::Integer(number.numerator() / (number.denominator() * power)));
}

std::optional<Number> whole_quotient(const std::optional<Number>& left, const std::optional<Number>& right) {
  if (!left || !right || right->is_zero()) return std::nullopt;
  const Result<Number> quotient = left->divided_by(*right);
  return quotient.ok() ? whole(*quotient) : std::nullopt;
}

// Adds one to the last of some digits.
void increment(std::string& digits) {
  std::size_t at = digits.size();
  while (at > 0) {
    if (digits[at - 1] != '9') {
      ++digits[at - 1];
      return;
    }
    digits[--at] = '0';
  }
  digits.insert(digits.begin(), '1');
}

bool rounds_away(Rounding rounding, bool is_negative, std::string_view rest) {
  const bool is_exact = rest.find_first_not_of('0') == std::string_view::npos;
  switch (rounding) {
    case Rounding::half_away_from_zero:
      return !rest.empty() && rest[0] >= '5';
    case Rounding::floor:
      return is_negative && !is_exact;
    case Rounding::ceiling:
      return !is_negative && !is_exact;
    case Rounding::truncate:
      return false;
  }
  return false;
}

}  // namespace

std::optional<std::string> add(std::string_view left, std::string_view right) {
  const std::optional<Number> left_number = number_of(left);
  const std::optional<Number> right_number = number_of(right);
  if (!left_number || !right_number) return std::nullopt;
  return text_of(left_number->plus(*right_number));
}

std::optional<std::string> subtract(std::string_view left, std::string_view right) {
  return add(left, negated(right));
}

std::optional<std::string> multiply(std::string_view left, std::string_view right) {
  const std::optional<Number> left_number = number_of(left);
  const std::optional<Number> right_number = number_of(right);
  if (!left_number || !right_number) return std::nullopt;
  return text_of(left_number->times(*right_number));
}

std::optional<std::string> divide(std::string_view left, std::string_view right) {
  const std::optional<Number> left_number = number_of(left);
  const std::optional<Number> right_number = number_of(right);
  if (!left_number || !right_number || right_number->is_zero()) return std::nullopt;
  return text_of(left_number->divided_by(*right_number));
}

std::optional<std::string> divide_whole(std::string_view left, std::string_view right) {
  const std::optional<Number> quotient = whole_quotient(number_of(left), number_of(right));
  if (!quotient) return std::nullopt;
  return text_of(*quotient);
}

std::optional<std::string> modulo(std::string_view left, std::string_view right) {
  const std::optional<Number> left_number = number_of(left);
  const std::optional<Number> right_number = number_of(right);
  const std::optional<Number> quotient = whole_quotient(left_number, right_number);
  if (!quotient) return std::nullopt;
  const Result<Number> taken = quotient->times(*right_number);
  if (!taken.ok()) return std::nullopt;
  const Result<Number> negative = taken->times(Number(-1));
  if (!negative.ok()) return std::nullopt;
  return text_of(left_number->plus(*negative));
}

std::string negated(std::string_view number) {
  if (number.starts_with('-')) return std::string(number.substr(1));
  if (number.starts_with('+')) number.remove_prefix(1);
  const bool is_zero =
      number.substr(0, number.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos;
  return (is_zero ? "" : "-") + std::string(number);
}

std::optional<std::string> round_to(std::string_view number, std::size_t places, Rounding rounding) {
  if (places > kMaxDecimalScale) return std::nullopt;
  const std::optional<std::string> plain = plain_decimal(number);
  if (!plain) return std::nullopt;
  const bool is_negative = plain->starts_with('-');
  const std::string_view digits = std::string_view(*plain).substr(is_negative ? 1 : 0);
  const std::size_t point = digits.find('.');
  std::string all(digits.substr(0, point));
  std::string_view fraction = point == std::string_view::npos ? std::string_view{} : digits.substr(point + 1);
  all += fraction.substr(0, places);
  const std::string_view rest = fraction.size() > places ? fraction.substr(places) : std::string_view{};
  if (fraction.size() < places) all.append(places - fraction.size(), '0');
  if (rounds_away(rounding, is_negative, rest)) increment(all);
  const bool is_zero = all.find_first_not_of('0') == std::string::npos;
  if (places > 0) all.insert(all.size() - places, ".");
  return (is_negative && !is_zero ? "-" : "") + all;
}

std::optional<std::string> plain_decimal(std::string_view number) {
  std::string sign;
  if (number.starts_with('-') || number.starts_with('+')) {
    if (number[0] == '-') sign = "-";
    number.remove_prefix(1);
  }
  int exponent = 0;
  const std::size_t mark = number.find_first_of("eE");
  if (mark != std::string_view::npos && !parse_exponent(number.substr(mark + 1), kMaxExponent, exponent)) {
    return std::nullopt;
  }
  number = number.substr(0, mark);
  const std::size_t point = number.find('.');
  std::string whole_part(number.substr(0, point));
  std::string fraction(point == std::string_view::npos ? std::string_view{} : number.substr(point + 1));
  const bool is_number = !whole_part.empty() && (point == std::string_view::npos || !fraction.empty()) &&
                         std::all_of(whole_part.begin(), whole_part.end(), is_digit) &&
                         std::all_of(fraction.begin(), fraction.end(), is_digit);
  if (!is_number) return std::nullopt;
  for (; exponent > 0; --exponent) {
    whole_part += fraction.empty() ? '0' : fraction[0];
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  if (exponent < 0) {
    const auto places = static_cast<std::size_t>(-exponent);
    if (whole_part.size() <= places) whole_part.insert(0, places + 1 - whole_part.size(), '0');
    fraction.insert(0, whole_part, whole_part.size() - places, places);
    whole_part.resize(whole_part.size() - places);
  }
  whole_part.erase(0, std::min(whole_part.find_first_not_of('0'), whole_part.size() - 1));
  return sign + whole_part + (fraction.empty() ? "" : "." + fraction);
}

std::size_t decimal_places(std::string_view number) {
  const std::optional<std::string> plain = plain_decimal(number);
  const std::size_t point = plain ? plain->find('.') : std::string::npos;
  return point == std::string::npos ? 0 : plain->size() - point - 1;
}

std::size_t significant_places(std::string_view number) {
  const std::optional<std::string> plain = plain_decimal(number);
  const std::size_t point = plain ? plain->find('.') : std::string::npos;
  return point == std::string::npos ? 0 : plain->find_last_not_of('0') - point;
}

bool fits_integer(std::string_view number) {
  constexpr std::int64_t kLow = -2147483648LL;
  constexpr std::int64_t kHigh = 2147483647LL;
  if (number.empty() || number.size() > 11) return false;
  const std::string_view digits = number.substr(number[0] == '-' || number[0] == '+' ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  std::int64_t value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  if (number[0] == '-') value = -value;
  return value >= kLow && value <= kHigh;
}

}  // namespace vesta::fhirpath
