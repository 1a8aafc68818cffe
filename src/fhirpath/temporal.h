// Dates, date-times and times by their precision. https://hl7.org/fhirpath/N1/#datetime-equality
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/order.h"

namespace vesta::fhirpath {

constexpr int kHourField = 3;  // places in Temporal::fields
constexpr int kMinuteField = 4;

// A date, date-time or time. A view: the parsed text outlives it.
struct Temporal {
  std::array<int, 6> fields{};  // year, month, day, hour, minute, second; a time has the last three only
  int known = 0;                // how many of the fields are given, from the first (for a time: from the hour) on
  std::string_view fraction;    // digits of the fraction of the second, without zeros at the end
  bool has_zone = false;        // then the fields are in UTC
};

// "2020", "2020-02", "2020-02-29", "2020-02-29T10", … "2020-02-29T10:00:00.5+01:00"; nullopt: not of that form, or no
// such day or time.
std::optional<Temporal> parse_date_time(std::string_view text);
// "10", "10:30", "10:30:00", "10:30:00.25"
std::optional<Temporal> parse_time(std::string_view text);

int days_in_month(int year, int month);
// With at least `width` digits.
std::string padded(std::int64_t number, std::size_t width);
// The first `count` fields of a date or date-time as text: "2020", "2020-02-29T10:30"; of a time those from the hour
// on.
std::string fields_text(const Temporal& value, int count, bool is_time);

// Field by field; undecided when one ends while all before are equal, or when only one of two times of day has a zone.
// Both of parse_date_time, or both of parse_time.
Order compare(const Temporal& left, const Temporal& right);

}  // namespace vesta::fhirpath
