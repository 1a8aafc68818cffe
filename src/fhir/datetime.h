// FHIR dates and times as ranges of time. https://hl7.org/fhir/R4/datatypes.html#dateTime
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vesta::fhir {

// [low, high) in microseconds since 1970 UTC. Text without a time zone counts as UTC.
struct TimeRange {
  std::int64_t low;
  std::int64_t high;
};

// date, dateTime, instant, and the search forms "2020-01-01T10:00" and times without zone: a year, month, day, minute,
// second or fraction is as wide as its precision says (a fraction finer than a microsecond is one microsecond wide).
// nullopt: not of that form, or no such day.
std::optional<TimeRange> parse_time_range(std::string_view text);

}  // namespace vesta::fhir
