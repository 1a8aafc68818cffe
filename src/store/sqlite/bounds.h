// Bounds: the stretches of index rows that surely hold all matches of a leaf. The matcher's rule decides each row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/decimal_key.h"
#include "search/plan.h"

namespace vesta::store::sqlite {

// Bounds, both included, on `low` of every row of a span that can match; widths are at most `width`.
struct Bounds {
  std::int64_t from = INT64_MIN;
  std::int64_t to = INT64_MAX;
};
Bounds bounds_of(const search::DateMatch& match, std::int64_t width);

std::int64_t minus_saturated(std::int64_t value, std::int64_t amount);

// The same for decimal keys; span 0 holds single values only, span 1 ranges.
struct DecimalBounds {
  std::string from = search::decimal_key_minus_infinity();
  std::string to = search::decimal_key_plus_infinity();
};
DecimalBounds bounds_of(const search::NumberMatch& match, std::int64_t span);

// The spans of quantities: each of these and the next one, for single values and for ranges.
inline constexpr std::int64_t kPlainSpan = 0;
inline constexpr std::int64_t kCanonicalSpan = 2;     // in the canonical unit
inline constexpr std::int64_t kHasCanonicalSpan = 4;  // as written, of what has rows in the canonical unit too

// Latitudes that far apart are at least `meters` apart.
double degrees_of(double meters);

// Of the columns `first` and `second` of composites. nullopt: any value of `first` can match.
std::optional<std::vector<std::string>> first_values(const search::CompositeMatch& match);
struct BytesBounds {
  std::string from;
  std::string to;
};
std::vector<BytesBounds> second_bounds(const search::CompositeMatch& match);

}  // namespace vesta::store::sqlite
