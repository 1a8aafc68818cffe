// Conversions of quantities by module ucum, on the keys of numbers.
#include "search/params/canonical.h"

#include "search/decimal_key.h"
#include "search/plan_text.h"

namespace vesta::search::params {
namespace {

bool is_finite(DecimalKey key) {
  return key != decimal_key_minus_infinity() && key != decimal_key_plus_infinity();
}

// A larger number of the unit is a larger quantity: so in all units but those of negative logarithms.
bool rises(ucum::UnitCache& units, std::string_view code) {
  const auto one = canonical_number(units, "1", code);
  const auto two = canonical_number(units, "2", code);
  return one && two && one->key < two->key;
}

}  // namespace

std::optional<CanonicalNumber> canonical_number(ucum::UnitCache& units, std::string_view value, std::string_view code) {
  auto quantity = units.canonical_quantity(value, code);
  if (!quantity) return std::nullopt;
  auto key = decimal_key(quantity->value);
  if (!key) return std::nullopt;
  return CanonicalNumber{std::move(*key), std::move(quantity->code)};
}

std::optional<CanonicalRange> canonical_range(ucum::UnitCache& units, DecimalKey low, std::string_view low_code,
                                              DecimalKey high, std::string_view high_code) {
  CanonicalRange range{std::string(low), std::string(high), {}};
  if (is_finite(low)) {
    auto number = canonical_number(units, decimal_text(low), low_code);
    if (!number || !rises(units, low_code)) return std::nullopt;
    range.low = std::move(number->key);
    range.unit = std::move(number->unit);
  }
  if (is_finite(high)) {
    auto number = canonical_number(units, decimal_text(high), high_code);
    if (!number || !rises(units, high_code)) return std::nullopt;
    if (!range.unit.empty() && range.unit != number->unit) return std::nullopt;
    range.high = std::move(number->key);
    range.unit = std::move(number->unit);
  }
  if (range.unit.empty()) return std::nullopt;
  return range;
}

std::optional<NumberMatch> canonical_match(ucum::UnitCache& units, const NumberMatch& match, std::string_view code,
                                           std::string& unit) {
  auto range = canonical_range(units, match.low, code, match.high, code);
  auto exact = canonical_number(units, decimal_text(match.exact), code);
  if (!range || !exact) return std::nullopt;
  unit = std::move(range->unit);
  return NumberMatch{match.prefix, std::move(range->low), std::move(range->high), std::move(exact->key)};
}

}  // namespace vesta::search::params
