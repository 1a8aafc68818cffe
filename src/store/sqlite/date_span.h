// Spans: the classes of width that date rows are kept in, so that a bound on one end of a range bounds the other.
#pragma once

#include <array>
#include <cstdint>

namespace vesta::store::sqlite {

// What FHIR's precisions give is a class of its own: there all rows have one width, which is then not stored.
struct Span {
  std::int64_t max_width;  // microseconds; no row of the class is wider
  bool is_constant;        // every row is exactly that wide
};
inline constexpr std::int64_t kMillisecond = 1'000;
inline constexpr std::int64_t kSecond = 1'000 * kMillisecond;
inline constexpr std::int64_t kDay = 86'400 * kSecond;
inline constexpr std::array<Span, 6> kSpans = {{
    {kSecond, true},
    {kMillisecond, true},
    {kDay, true},
    {kDay, false},
    {366 * kDay, false},
    {INT64_MAX, false},
}};

// The class of [low, high).
constexpr std::size_t span_of(std::int64_t low, std::int64_t high) {
  const std::int64_t width = high - low;
  for (std::size_t i = 0; i < kSpans.size(); ++i) {
    if (kSpans[i].is_constant ? width == kSpans[i].max_width : width <= kSpans[i].max_width) return i;
  }
  return kSpans.size() - 1;
}

}  // namespace vesta::store::sqlite
