// Dates: how the dates of a resource are moved, or made years.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace vesta::deidentify {

// A date, dateTime or instant in the form of its primitive, moved by whole days: the time of the day and the zone stay,
// so that what lies between two dates of a patient does too. A month is moved as its middle; a year alone stays, since
// it may be told. nullopt: there is no such day, or it would leave the years 1 to 9999.
std::optional<std::string> shifted(std::string_view text, int days);
// Its year: "2020"; of an instant, which is never a year alone, the beginning of it.
enum class Precision : unsigned char { year, instant };
std::string year_of(std::string_view text, Precision precision);
// 0: it begins with none.
int year_number(std::string_view text);

int year_number(Instant instant);
Instant shifted(Instant instant, int days);
Instant start_of_year(Instant instant);

}  // namespace vesta::deidentify
