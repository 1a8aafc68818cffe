// Arithmetic on the texts of numbers: exact, and rounded once to 28 digits. https://hl7.org/fhirpath/N1/#math
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vesta::fhirpath {

inline constexpr std::size_t kDecimalDigits = 28;        // significant digits of a result
inline constexpr std::size_t kMaxDecimalScale = 1000;    // zeros that a text without exponent may be filled up with
inline constexpr std::size_t kMaxDecimalPrecision = 28;  // digits that a boundary of a decimal may have
inline constexpr int kMaxPowerOfTen = 900;               // of what power() may yield, and of e in exp()

enum class Rounding : std::uint8_t { half_away_from_zero, floor, ceiling, truncate };

// Texts in: an optional sign, digits, an optional fraction and exponent. Texts out: without an exponent. nullopt: one
// of the texts is no number, the numbers are beyond the limits, or a division by zero: the language's empty collection.
std::optional<std::string> add(std::string_view left, std::string_view right);
std::optional<std::string> subtract(std::string_view left, std::string_view right);
std::optional<std::string> multiply(std::string_view left, std::string_view right);
std::optional<std::string> divide(std::string_view left, std::string_view right);
// The whole part of the quotient, and what it leaves.
std::optional<std::string> divide_whole(std::string_view left, std::string_view right);
std::optional<std::string> modulo(std::string_view left, std::string_view right);

std::string negated(std::string_view number);
// With exactly so many digits behind the point.
std::optional<std::string> round_to(std::string_view number, std::size_t places, Rounding rounding);
// Without an exponent, a plus sign and needless zeros before the number.
std::optional<std::string> plain_decimal(std::string_view number);
// The digits behind the point, as written; with `significant`, without zeros at the end.
std::size_t decimal_places(std::string_view number);
std::size_t significant_places(std::string_view number);
// Whether a whole number is an Integer of the language: 32 bits.
bool fits_integer(std::string_view number);

}  // namespace vesta::fhirpath
