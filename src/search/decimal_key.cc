// Builds decimal keys from digits, and the ranges of search values with exact arithmetic.
#include "search/decimal_key.h"

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>

#include "base/decimal_text.h"

namespace vesta::search {
namespace {

using boost::multiprecision::cpp_int;

constexpr int kMaxExponent = 10'000;
// Two numbers whose last digits lie further apart than this are not added: nobody measures so, and it bounds the work.
constexpr int kMaxAlignment = 3 * static_cast<int>(kMaxDecimalDigits);

// First bytes of a key, in their order. See docs/formats/decimal-key.md.
constexpr unsigned char kMinusInfinity = 0x01;
constexpr unsigned char kZero = 0x80;
constexpr unsigned char kTiny = 0x81;  // positive, scale below -kNearScale: two bytes of scale follow
constexpr unsigned char kNear = 0xC0;  // positive, plus the scale
constexpr unsigned char kHuge = 0xE0;  // positive, scale above kNearScale: two bytes of scale follow
constexpr unsigned char kPlusInfinity = 0xFE;
constexpr unsigned char kNegativeEnd = 0xFF;  // after the complemented digits: a shorter negative is the larger one
constexpr int kNearScale = 30;

// A number's text taken apart: (-1)^negative * digits * 10^exponent, `digits` with the zeros as they were written.
struct Parts {
  bool negative = false;
  bool has_exponent = false;
  int exponent = 0;
  std::size_t count = 0;
  std::array<char, kMaxDecimalDigits> digits;  // '0'..'9', uninitialised behind `count`

  std::string_view text() const { return {digits.data(), count}; }
  bool push(char digit) {
    if (count == digits.size()) return false;
    digits[count++] = digit;
    return true;
  }
};

// The form of https://hl7.org/fhir/R4/datatypes.html#decimal: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool parse_parts(std::string_view text, Parts& parts) {
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    parts.negative = true;
    ++at;
  }
  const std::size_t whole = at;
  while (at < text.size() && is_digit(text[at])) {
    if (!parts.push(text[at++])) return false;
  }
  if (at == whole || (at - whole > 1 && text[whole] == '0')) return false;
  int exponent = 0;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    while (at < text.size() && is_digit(text[at])) {
      if (!parts.push(text[at++])) return false;
    }
    if (at == fraction) return false;
    exponent = -static_cast<int>(at - fraction);
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    parts.has_exponent = true;
    int written = 0;
    if (!parse_exponent(text.substr(at + 1), kMaxExponent, written)) return false;
    exponent += written;
    at = text.size();
  }
  parts.exponent = exponent;
  return at == text.size();
}

// The key of (-1)^negative * digits * 10^exponent.
std::string make_key(bool negative, std::string_view digits, int exponent) {
  while (!digits.empty() && digits.back() == '0') {
    digits.remove_suffix(1);
    ++exponent;
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string_view::npos) return std::string(1, static_cast<char>(kZero));
  digits.remove_prefix(first);

  const unsigned char flip = negative ? 0xFF : 0x00;
  std::string key;  // up to 26 digits fit a std::string without heap
  const auto put = [&key, flip](unsigned byte) { key.push_back(static_cast<char>(byte ^ flip)); };
  // The number is 0.d1d2d3… * 10^scale with d1 != 0, so scale orders first and the digits decide among equals.
  const int scale = static_cast<int>(digits.size()) + exponent;
  if (scale >= -kNearScale && scale <= kNearScale) {
    put(static_cast<unsigned>(kNear + scale));
  } else {
    const unsigned biased = static_cast<unsigned>(scale + 0x8000);
    put(scale > 0 ? kHuge : kTiny);
    put(biased >> 8 & 0xFF);
    put(biased & 0xFF);
  }
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    const int high = digits[at] - '0';
    const int low = at + 1 < digits.size() ? digits[at + 1] - '0' : 0;
    put(static_cast<unsigned>(1 + high * 10 + low));
  }
  if (negative) key.push_back(static_cast<char>(kNegativeEnd));
  return key;
}

// mantissa * 10^exponent, exact.
struct Decimal {
  cpp_int mantissa;
  int exponent = 0;
};

cpp_int power_of_ten(int exponent) {
  return boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(exponent));
}

Decimal to_decimal(const Parts& parts) {
  const std::size_t first = std::min(parts.text().find_first_not_of('0'), parts.count);
  const std::string digits(parts.text().substr(first));  // cpp_int would read a leading zero as octal
  Decimal decimal{digits.empty() ? cpp_int(0) : cpp_int(digits), parts.exponent};
  if (parts.negative) decimal.mantissa = -decimal.mantissa;
  return decimal;
}

std::string key_of(const Decimal& decimal) {
  const bool negative = decimal.mantissa < 0;
  const std::string digits = negative ? cpp_int(-decimal.mantissa).str() : decimal.mantissa.str();
  return make_key(negative, digits, decimal.exponent);
}

// The sum, or nullopt where the exponents lie too far apart.
std::optional<Decimal> add(const Decimal& left, const Decimal& right) {
  if (left.mantissa == 0) return right;
  if (right.mantissa == 0) return left;
  const int exponent = std::min(left.exponent, right.exponent);
  if (std::max(left.exponent, right.exponent) - exponent > kMaxAlignment) return std::nullopt;
  return Decimal{
      left.mantissa * power_of_ten(left.exponent - exponent) + right.mantissa * power_of_ten(right.exponent - exponent),
      exponent};
}

// Half a unit of the last place that counts. https://hl7.org/fhir/R4/search.html#number: 100 is ±0.5 and 100.00 ±0.005.
// DEVIATION: the page gives 1e2 as [95, 105), while half of its last written place were ±50. We follow the example: a
// number in exponent form counts as written with at least two significant digits, so 1e2 means 1.0e2.
Decimal half_unit(const Parts& parts) {
  const std::size_t first = std::min(parts.text().find_first_not_of('0'), parts.count - 1);
  const bool single_digit = parts.count - first == 1;
  return {cpp_int(5), parts.exponent - 1 - (parts.has_exponent && single_digit ? 1 : 0)};
}

}  // namespace

std::optional<std::string> decimal_key(std::string_view text) {
  Parts parts;
  if (!parse_parts(text, parts)) return std::nullopt;
  return make_key(parts.negative, parts.text(), parts.exponent);
}

std::string decimal_key_minus_infinity() {
  return std::string(1, static_cast<char>(kMinusInfinity));
}
std::string decimal_key_plus_infinity() {
  return std::string(1, static_cast<char>(kPlusInfinity));
}

std::optional<DecimalRange> implicit_range(std::string_view text) {
  Parts parts;
  if (!parse_parts(text, parts)) return std::nullopt;
  const Decimal value = to_decimal(parts);
  const Decimal half = half_unit(parts);
  const auto low = add(value, Decimal{-half.mantissa, half.exponent});
  const auto high = add(value, half);
  if (!low || !high) return std::nullopt;
  return DecimalRange{key_of(*low), key_of(*high), key_of(value)};
}

std::optional<DecimalRange> approximate_range(std::string_view text) {
  auto range = implicit_range(text);
  if (!range) return std::nullopt;
  Parts parts;
  parse_parts(text, parts);
  const Decimal value = to_decimal(parts);
  const Decimal tenth{boost::multiprecision::abs(value.mantissa), value.exponent - 1};
  const auto low = add(value, Decimal{-tenth.mantissa, tenth.exponent});
  const auto high = add(value, tenth);
  if (!low || !high) return std::nullopt;
  range->low = std::min(range->low, key_of(*low));
  range->high = std::max(range->high, key_of(*high));
  return range;
}

std::optional<std::string> scaled_decimal_key(std::string_view value, std::string_view factor,
                                              std::string_view origin) {
  Parts value_parts, factor_parts, origin_parts;
  if (!parse_parts(value, value_parts) || !parse_parts(factor, factor_parts) || !parse_parts(origin, origin_parts)) {
    return std::nullopt;
  }
  const Decimal left = to_decimal(value_parts);
  const Decimal right = to_decimal(factor_parts);
  const auto sum =
      add(Decimal{left.mantissa * right.mantissa, left.exponent + right.exponent}, to_decimal(origin_parts));
  if (!sum) return std::nullopt;
  return key_of(*sum);
}

}  // namespace vesta::search
