// Dates and times plus durations. https://hl7.org/fhirpath/N1/#datetime-arithmetic
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/value.h"

namespace vesta::fhirpath {

// Whether a unit can be added to dates and times: a calendar word, or a unit of UCUM that is equal to one.
bool is_duration_unit(std::string_view unit);

// The text of `moment` (a date, date-time or time) later, or with `is_earlier` earlier, by `duration`, whose unit is of
// those above. Its precision, zone and form stay. nullopt: outside of the years 1 to 9999.
std::optional<std::string> shifted(const Value& moment, const Value& duration, bool is_earlier);

}  // namespace vesta::fhirpath
