// The functions of special units: between their numbers and ratios of quantities.
#pragma once

#include "ucum/number.h"
#include "ucum/tables.h"

namespace vesta::ucum {

// Greatest size of a number on a logarithmic scale: its power stays within the limits of Number.
inline constexpr int kMaxLevel = 1000;

// From the number on the special unit's scale to the ratio of the quantity to the unit's reference: 37 Cel -> 310.15.
// Exact where the result is rational by nature. too_large beyond kMaxLevel. `function` is not none.
Result<Number> ratio_of(Function function, const Number& value);
// The other way round; invalid where the scale has no such number, as the logarithm of 0.
Result<Number> value_of(Function function, const Number& ratio);

// The essence's name of it, for instance "Cel" or "lgTimes2"; empty for none.
std::string_view function_name(Function function);

}  // namespace vesta::ucum
