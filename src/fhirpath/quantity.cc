// Quantities: from calendar words and codes to UCUM and back.
#include "fhirpath/quantity.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fhirpath/arithmetic.h"
#include "fhirpath/decimal.h"
#include "ucum/ucum.h"

namespace vesta::fhirpath {
namespace {

constexpr std::string_view kMonthsInYear = "12";

// What a calendar word is in UCUM: the first six are equal to it, years and months are equivalent only.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kCalendar = {{{"week", "wk"},
                                                                                     {"day", "d"},
                                                                                     {"hour", "h"},
                                                                                     {"minute", "min"},
                                                                                     {"second", "s"},
                                                                                     {"millisecond", "ms"},
                                                                                     {"year", "a"},
                                                                                     {"month", "mo"}}};

bool is_variable_length(const Value& quantity) {
  if (!quantity.is_calendar) return false;
  const std::string_view word = calendar_word(quantity.unit);
  return word == "year" || word == "month";
}

std::string_view code_of(const Value& quantity) {
  if (!quantity.is_calendar) return quantity.unit;
  const std::string_view word = calendar_word(quantity.unit);
  for (const auto& [name, code] : kCalendar) {
    if (name == word) return code;
  }
  return quantity.unit;
}

Order compare_texts(std::string_view left, std::string_view right) {
  const std::optional<Decimal> left_number = parse_decimal(left);
  const std::optional<Decimal> right_number = parse_decimal(right);
  if (!left_number || !right_number) return Order::undecided;
  return to_order(compare(*left_number, *right_number));
}

std::optional<std::string> in_months(const Value& quantity) {
  if (calendar_word(quantity.unit) == "month") return std::string(quantity.text);
  return multiply(quantity.text, kMonthsInYear);
}

std::optional<ucum::Quantity> canonical(const Value& quantity) {
  const std::optional<std::string> number = plain_decimal(quantity.text);
  if (!number) return std::nullopt;
  Result<ucum::Quantity> found = ucum::canonical_quantity(*number, code_of(quantity));
  if (!found.ok()) return std::nullopt;
  return std::move(found).value();
}

std::optional<std::string> sum(const Value& left, const Value& right, bool is_difference) {
  std::optional<std::string> number;
  const bool same_calendar =
      left.is_calendar && right.is_calendar && calendar_word(left.unit) == calendar_word(right.unit);
  if (same_calendar || (left.unit == right.unit && left.is_calendar == right.is_calendar)) {
    number = std::string(right.text);
  } else if (is_variable_length(left) || is_variable_length(right)) {
    return std::nullopt;
  } else {
    number = convert_quantity(right, code_of(left));
  }
  if (!number) return std::nullopt;
  const std::optional<std::string> total = is_difference ? subtract(left.text, *number) : add(left.text, *number);
  if (!total) return std::nullopt;
  return quantity_text(*total, left);
}

std::optional<std::string> combined(const Value& left, const Value& right,
                                    Result<ucum::Quantity> (*operation)(const ucum::Quantity&, const ucum::Quantity&)) {
  const std::optional<std::string> left_number = plain_decimal(left.text);
  const std::optional<std::string> right_number = plain_decimal(right.text);
  if (!left_number || !right_number) return std::nullopt;
  const Result<ucum::Quantity> result =
      operation({*left_number, std::string(code_of(left))}, {*right_number, std::string(code_of(right))});
  if (!result.ok()) return std::nullopt;
  const std::optional<std::string> number = plain_decimal(result->value);
  if (!number) return std::nullopt;
  return quantity_text(*number, result->code);
}

}  // namespace

std::string_view calendar_word(std::string_view word) {
  if (word.ends_with('s')) word.remove_suffix(1);
  const bool is_word =
      std::any_of(kCalendar.begin(), kCalendar.end(), [&](const auto& entry) { return entry.first == word; });
  return is_word ? word : std::string_view{};
}

Order compare_quantities(const Value& left, const Value& right) {
  if (left.unit == right.unit && left.is_calendar == right.is_calendar) return compare_texts(left.text, right.text);
  if (is_variable_length(left) && is_variable_length(right)) {
    const std::optional<std::string> left_months = in_months(left);
    const std::optional<std::string> right_months = in_months(right);
    return left_months && right_months ? compare_texts(*left_months, *right_months) : Order::undecided;
  }
  if (is_variable_length(left) || is_variable_length(right)) return Order::undecided;
  const std::optional<ucum::Quantity> left_base = canonical(left);
  const std::optional<ucum::Quantity> right_base = canonical(right);
  if (!left_base || !right_base || left_base->code != right_base->code) return Order::undecided;
  return compare_texts(left_base->value, right_base->value);
}

bool equivalent_quantities(const Value& left, const Value& right) {
  std::string left_number(left.text);
  std::string right_number(right.text);
  if (code_of(left) != code_of(right)) {
    // In the greater unit, so that the less precise number keeps its digits.
    const Result<std::string> ratio = ucum::convert("1", code_of(left), code_of(right));
    if (!ratio.ok()) return false;
    const bool left_is_greater = compare_texts(*ratio, "1") != Order::less;
    const std::optional<std::string> converted =
        left_is_greater ? convert_quantity(right, code_of(left)) : convert_quantity(left, code_of(right));
    if (!converted) return false;
    (left_is_greater ? right_number : left_number) = *converted;
  }
  const std::size_t places = std::min(significant_places(left_number), significant_places(right_number));
  return round_to(left_number, places, Rounding::half_away_from_zero) ==
         round_to(right_number, places, Rounding::half_away_from_zero);
}

bool comparable_quantities(const Value& left, const Value& right) {
  const Result<bool> comparable = ucum::comparable(code_of(left), code_of(right));
  return comparable.ok() && *comparable;
}

std::optional<std::string> canonical_number(const Value& quantity) {
  if (is_variable_length(quantity)) return std::nullopt;
  std::optional<ucum::Quantity> base = canonical(quantity);
  if (!base) return std::nullopt;
  return std::move(base->value);
}

std::string quantity_text(std::string_view number, std::string_view code) {
  return std::string(number) + " '" + std::string(code.empty() ? std::string_view("1") : code) + "'";
}

std::string quantity_text(std::string_view number, const Value& like) {
  if (like.is_calendar) return std::string(number) + " " + std::string(like.unit);
  return quantity_text(number, like.unit);
}

std::optional<std::string> add_quantities(const Value& left, const Value& right) {
  return sum(left, right, false);
}

std::optional<std::string> subtract_quantities(const Value& left, const Value& right) {
  return sum(left, right, true);
}

std::optional<std::string> multiply_quantities(const Value& left, const Value& right) {
  return combined(left, right, ucum::multiply);
}

std::optional<std::string> divide_quantities(const Value& left, const Value& right) {
  return combined(left, right, ucum::divide);
}

std::optional<std::string> convert_quantity(const Value& quantity, std::string_view code) {
  const std::optional<std::string> number = plain_decimal(quantity.text);
  if (!number) return std::nullopt;
  const Result<std::string> converted = ucum::convert(*number, code_of(quantity), code);
  if (!converted.ok()) return std::nullopt;
  return plain_decimal(*converted);
}

}  // namespace vesta::fhirpath
