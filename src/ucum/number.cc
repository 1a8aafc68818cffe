// Arithmetic of rational numbers in one normal form, and rounding to decimal digits.
#include "ucum/number.h"

#include <algorithm>

#include "base/check.h"
#include "base/decimal_text.h"

namespace vesta::ucum {
namespace {

using Integer = Number::Integer;

unsigned bits(const Integer& number) {
  return number.is_zero() ? 0 : msb(number.sign() < 0 ? Integer(-number) : number) + 1;
}

Integer power_of(unsigned base, unsigned exponent) {
  return boost::multiprecision::pow(Integer(base), exponent);
}

// Takes all factors `base` out of a positive number and says how many. Large steps first: zeros come in long runs.
unsigned take_out(Integer& number, unsigned base) {
  unsigned count = 0;
  for (unsigned step : {256u, 64u, 16u, 4u, 1u}) {
    if (bits(number) < step * 2) continue;  // each takes more than two bits
    const Integer divisor = power_of(base, step);
    Integer quotient, remainder;
    while (true) {
      divide_qr(number, divisor, quotient, remainder);
      if (!remainder.is_zero()) break;
      number = quotient;
      count += step;
    }
  }
  return count;
}

// `digits` to so many, half away from zero; what was cut off counts in the exponent.
void round_digits(std::string& digits, int& exponent, std::size_t count) {
  if (digits.size() > count) {
    const bool up = digits[count] >= '5';
    exponent += static_cast<int>(digits.size() - count);
    digits.resize(count);
    std::size_t at = count;
    while (up && at > 0 && digits[at - 1] == '9') digits[--at] = '0';
    if (up && at > 0) ++digits[at - 1];
    if (up && at == 0) digits.insert(digits.begin(), '1');
  }
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
}

}  // namespace

Integer power_of_ten(unsigned exponent) {
  return power_of(10, exponent);
}

std::optional<DecimalText> split_decimal(std::string_view text) {
  DecimalText parts;
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    parts.negative = true;
    ++at;
  }
  const std::size_t whole = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at == whole || (at - whole > 1 && text[whole] == '0')) return std::nullopt;
  parts.whole = text.substr(whole, at - whole);
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == fraction) return std::nullopt;
    parts.fraction = text.substr(fraction, at - fraction);
  }
  parts.digit_count = parts.whole.size() + parts.fraction.size();
  if (parts.digit_count > kMaxDecimalDigits) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (!parse_exponent(text.substr(at + 1), kMaxDecimalExponent, parts.exponent)) return std::nullopt;
    at = text.size();
  }
  if (at != text.size()) return std::nullopt;
  parts.exponent -= static_cast<int>(parts.fraction.size());
  return parts;
}

std::string write_decimal(bool negative, std::string digits, int exponent, std::size_t significant_digits) {
  constexpr int kMaxPlainPoint = 21;  // as many digits before the point
  constexpr int kMinPlainPoint = -5;  // as few zeros behind it
  round_digits(digits, exponent, significant_digits);
  if (digits.empty()) return "0";
  const int count = static_cast<int>(digits.size());
  const int point = count + exponent;
  std::string text(negative ? "-" : "");
  if (point > kMaxPlainPoint || point < kMinPlainPoint) {
    text += digits[0];
    if (count > 1) text.append(".").append(digits, 1);
    return text.append("e").append(std::to_string(point - 1));
  }
  if (point <= 0) return text.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  if (point >= count) return text.append(digits).append(static_cast<std::size_t>(point - count), '0');
  return text.append(digits, 0, static_cast<std::size_t>(point))
      .append(".")
      .append(digits, static_cast<std::size_t>(point));
}

Number::Number(Integer numerator, Integer denominator, int exponent, Precision precision)
    : numerator_(std::move(numerator)),
      denominator_(std::move(denominator)),
      exponent_(exponent),
      precision_(precision) {
  normalize();
}

void Number::normalize() {
  CHECK(!denominator_.is_zero());
  if (numerator_.is_zero()) {
    denominator_ = 1;
    exponent_ = 0;
    return;
  }
  const bool negative = (numerator_.sign() < 0) != (denominator_.sign() < 0);
  if (numerator_.sign() < 0) numerator_ = -numerator_;
  if (denominator_.sign() < 0) denominator_ = -denominator_;
  if (denominator_ != 1) {
    const Integer divisor = gcd(numerator_, denominator_);
    numerator_ /= divisor;
    denominator_ /= divisor;
    // 1/2 is 5/10 and 1/5 is 2/10.
    if (const unsigned twos = lsb(denominator_); twos > 0) {
      denominator_ >>= twos;
      numerator_ *= power_of(5, twos);
      exponent_ -= static_cast<int>(twos);
    }
    if (const unsigned fives = take_out(denominator_, 5); fives > 0) {
      numerator_ <<= fives;
      exponent_ -= static_cast<int>(fives);
    }
  }
  if (lsb(numerator_) > 0) exponent_ += static_cast<int>(take_out(numerator_, 10));
  if (negative) numerator_ = -numerator_;
}

Result<Number> Number::checked() const {
  if (bits(numerator_) > kMaxNumberBits || bits(denominator_) > kMaxNumberBits ||
      std::abs(exponent_) > kMaxDecimalExponent) {
    return make_error(Category::too_large, "the number is beyond what units are computed with");
  }
  return *this;
}

std::optional<Number> Number::parse(std::string_view text) {
  const std::optional<DecimalText> parts = split_decimal(text);
  if (!parts) return std::nullopt;
  std::string digits(parts->whole);
  digits.append(parts->fraction);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));  // cpp_int would read a leading 0 as octal
  if (digits.empty()) return Number();
  Integer numerator(digits);
  if (parts->negative) numerator = -numerator;
  return Number(std::move(numerator), 1, parts->exponent);
}

Result<Number> Number::times(const Number& other) const {
  const Precision precision = std::max(precision_, other.precision_);
  return Number(numerator_ * other.numerator_, denominator_ * other.denominator_, exponent_ + other.exponent_,
                precision)
      .checked();
}

Result<Number> Number::divided_by(const Number& other) const {
  CHECK(!other.is_zero());
  const Precision precision = std::max(precision_, other.precision_);
  return Number(numerator_ * other.denominator_, denominator_ * other.numerator_, exponent_ - other.exponent_,
                precision)
      .checked();
}

Result<Number> Number::plus(const Number& other) const {
  if (is_zero()) return other;
  if (other.is_zero()) return *this;
  const int low = std::min(exponent_, other.exponent_);
  const int span = std::max(exponent_, other.exponent_) - low;
  if (static_cast<unsigned>(span) * 4 > kMaxNumberBits) {
    return make_error(Category::too_large, "the numbers lie too far apart to be added");
  }
  const Integer left = numerator_ * power_of_ten(static_cast<unsigned>(exponent_ - low)) * other.denominator_;
  const Integer right = other.numerator_ * power_of_ten(static_cast<unsigned>(other.exponent_ - low)) * denominator_;
  return Number(left + right, denominator_ * other.denominator_, low, std::max(precision_, other.precision_)).checked();
}

Result<Number> Number::power(int exponent) const {
  CHECK(!is_zero() || exponent > 0);
  const unsigned count = static_cast<unsigned>(std::abs(exponent));
  const std::uint64_t size = std::uint64_t{std::max(bits(numerator_), bits(denominator_)) - 1} * count;
  if (size > kMaxNumberBits ||
      std::uint64_t{static_cast<unsigned>(std::abs(exponent_))} * count > kMaxDecimalExponent) {
    return make_error(Category::too_large, "the number is beyond what units are computed with");
  }
  Integer numerator = boost::multiprecision::pow(numerator_, count);
  Integer denominator = boost::multiprecision::pow(denominator_, count);
  const int scale = exponent_ * exponent;
  if (exponent < 0) std::swap(numerator, denominator);
  return Number(std::move(numerator), std::move(denominator), scale, precision_).checked();
}

std::string Number::text() const {
  if (denominator_ != 1 || precision_ != Precision::exact) return text(kRoundedDigits);
  std::string digits = Integer(abs(numerator_)).str();
  const std::size_t count = digits.size() <= kMaxDecimalDigits ? kMaxDecimalDigits : kRoundedDigits;
  return write_decimal(numerator_.sign() < 0, std::move(digits), exponent_, count);
}

std::string Number::text(std::size_t significant_digits) const {
  if (is_zero()) return "0";
  Integer quotient = abs(numerator_);
  int exponent = exponent_;
  if (denominator_ != 1) {
    // Enough digits that only the rounded one is missing: the quotient cut off is no tie, as it has further digits.
    constexpr double kDigitsPerBit = 0.30103;
    const double missing =
        static_cast<double>(significant_digits) + 2 +
        (static_cast<double>(bits(denominator_)) - static_cast<double>(bits(quotient))) * kDigitsPerBit;
    if (missing > 0) {
      quotient *= power_of_ten(static_cast<unsigned>(missing));
      exponent -= static_cast<int>(missing);
    }
    quotient /= denominator_;
  }
  return write_decimal(numerator_.sign() < 0, quotient.str(), exponent, significant_digits);
}

}  // namespace vesta::ucum
