// Decimal numbers as bytes that compare like the numbers, and the implicit precision of a number's text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vesta::search {

inline constexpr std::size_t kMaxDecimalDigits = 1000;  // longer numbers, and exponents beyond ±10,000, are refused

// The key of a number's text ("1.50", "-3e-2"; 1.5 and 1.50 have the same key); nullopt if it is no decimal or too
// long. Keys compare by memcmp, a prefix before the longer. Format: docs/formats/decimal-key.md
std::optional<std::string> decimal_key(std::string_view text);
std::string decimal_key_minus_infinity();
std::string decimal_key_plus_infinity();

struct DecimalRange {
  std::string low, high, exact;  // keys
};
// The implicit range of a search value: 100 is [99.5, 100.5), 1e2 is [95, 105), 100.00 is [99.995, 100.005).
// https://hl7.org/fhir/R4/search.html#number
std::optional<DecimalRange> implicit_range(std::string_view text);
// ap: within 10 % of the value, or its implicit range where that is wider.
std::optional<DecimalRange> approximate_range(std::string_view text);

// The key of value * factor + origin (the points of SampledData); nullopt if one of them is no decimal, or the result
// were too long.
std::optional<std::string> scaled_decimal_key(std::string_view value, std::string_view factor, std::string_view origin);

}  // namespace vesta::search
