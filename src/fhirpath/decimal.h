// Decimal: exact comparison of numbers by their text, without a conversion to floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vesta::fhirpath {

// A number as its significant digits and the place of the first. A view: the parsed text outlives it.
struct Decimal {
  bool negative = false;
  std::int64_t magnitude = 0;  // the number is 0.d1d2d3… × 10^magnitude; meaningless for zero
  std::string_view digits;     // from the first to the last digit that is not 0, with the point if it lies between
};

inline constexpr std::int64_t kMaxDecimalExponent = 1'000'000'000;  // greater ones are taken as this

// An optional sign, digits, an optional fraction, an optional exponent; nullopt for any other text.
std::optional<Decimal> parse_decimal(std::string_view text);

// 1.50 equals 1.5 and 15e-1.
std::strong_ordering compare(const Decimal& left, const Decimal& right);
// Equal numbers have equal hashes.
std::uint64_t hash_decimal(const Decimal& number);

}  // namespace vesta::fhirpath
