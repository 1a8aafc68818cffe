// Number: an exact rational number with a decimal exponent, and its text.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta::ucum {

inline constexpr std::size_t kMaxDecimalDigits = 1000;  // of a decimal text, in and out
inline constexpr int kMaxDecimalExponent = 10'000;      // either sign
inline constexpr unsigned kMaxNumberBits = 4096;        // of a numerator or denominator: some 1,200 digits
inline constexpr std::size_t kRoundedDigits = 26;       // significant digits of what is no finite decimal

// Whether a number is the true one, or came out of a logarithm, power, root or tangent: good to some 40 digits then.
enum class Precision : std::uint8_t { exact, approximate };

// numerator / denominator * 10^exponent, in one form for each number: the fraction is reduced, the denominator positive
// and without factors 2 and 5, the numerator not divisible by 10. So the number is a finite decimal exactly when the
// denominator is 1, and powers of ten cost nothing.
class Number {
 public:
  using Integer = boost::multiprecision::cpp_int;

  Number() = default;  // zero
  explicit Number(Integer numerator, Integer denominator = 1, int exponent = 0, Precision precision = Precision::exact);

  // The form of https://hl7.org/fhir/R4/datatypes.html#decimal: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  // nullopt for any other text, and beyond the limits above.
  static std::optional<Number> parse(std::string_view text);

  const Integer& numerator() const { return numerator_; }
  const Integer& denominator() const { return denominator_; }
  int exponent() const { return exponent_; }
  Precision precision() const { return precision_; }
  bool is_zero() const { return numerator_.is_zero(); }
  bool is_integer() const { return denominator_ == 1 && exponent_ >= 0; }

  // too_large beyond kMaxNumberBits and kMaxDecimalExponent. A divisor is not zero.
  Result<Number> times(const Number& other) const;
  Result<Number> divided_by(const Number& other) const;
  Result<Number> plus(const Number& other) const;
  Result<Number> power(int exponent) const;  // zero has no power below 1

  // Exact for an exact finite decimal of at most kMaxDecimalDigits, else rounded to kRoundedDigits, half away from
  // zero.
  std::string text() const;
  // Rounded to so many significant digits, zeros at the end removed.
  std::string text(std::size_t significant_digits) const;

  bool operator==(const Number& other) const = default;

 private:
  void normalize();
  Result<Number> checked() const;

  Integer numerator_ = 0;
  Integer denominator_ = 1;
  int exponent_ = 0;
  Precision precision_ = Precision::exact;
};

// 10^exponent, exponent >= 0.
Number::Integer power_of_ten(unsigned exponent);

// A decimal's text taken apart: (-1)^negative * digits * 10^exponent.
struct DecimalText {
  bool negative = false;
  int exponent = 0;
  std::size_t digit_count = 0;
  std::string_view whole, fraction;  // the digits, as they stand in the text
};
// Same form and limits as Number::parse.
std::optional<DecimalText> split_decimal(std::string_view text);

// The text of (-1)^negative * digits * 10^exponent, `digits` without zeros at the end, empty for zero: as plain decimal
// where it is short, else with an exponent. `digits` are cut to `significant_digits`, rounded half away from zero.
std::string write_decimal(bool negative, std::string digits, int exponent, std::size_t significant_digits);

}  // namespace vesta::ucum
