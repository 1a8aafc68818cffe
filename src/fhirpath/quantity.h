// Quantities: comparison, equivalence and arithmetic by the units of UCUM. https://hl7.org/fhirpath/N1/#quantity
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/order.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {

// undecided: units that cannot be converted into each other, or no units at all; a calendar's year or month with a
// duration of UCUM, as it has no length of its own. https://hl7.org/fhirpath/N1/#time-valued-quantities
Order compare_quantities(const Value& left, const Value& right);
// Equal at the precision of the less precise one, in the greater of the two units; a year is 'a', a month is 'mo'.
bool equivalent_quantities(const Value& left, const Value& right);
// Whether the one can be converted into the other.
bool comparable_quantities(const Value& left, const Value& right);
// In base units, for hashes: quantities that are equal have equal texts of numbers. nullopt: no unit of UCUM.
std::optional<std::string> canonical_number(const Value& quantity);

// The text of an item: `number`, with the unit of `like`.
std::string quantity_text(std::string_view number, const Value& like);
std::string quantity_text(std::string_view number, std::string_view code);

// Texts of items. Sums have the unit of `left`; products and quotients of two quantities are in base units.
std::optional<std::string> add_quantities(const Value& left, const Value& right);
std::optional<std::string> subtract_quantities(const Value& left, const Value& right);
std::optional<std::string> multiply_quantities(const Value& left, const Value& right);
std::optional<std::string> divide_quantities(const Value& left, const Value& right);
// The number of `quantity` in another unit.
std::optional<std::string> convert_quantity(const Value& quantity, std::string_view code);

// days -> day; empty for what is no calendar word.
std::string_view calendar_word(std::string_view word);

}  // namespace vesta::fhirpath
