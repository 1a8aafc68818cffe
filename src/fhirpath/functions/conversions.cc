// Conversions between the types of the language: https://hl7.org/fhirpath/N1/#conversion
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/arithmetic.h"
#include "fhirpath/functions/bodies.h"
#include "fhirpath/letter_case.h"
#include "fhirpath/quantity.h"
#include "fhirpath/temporal.h"

namespace vesta::fhirpath::functions {
namespace {

using Text = std::optional<std::string>;
using Conversion = Text (*)(const Value&);

// https://hl7.org/fhirpath/N1/#toboolean-boolean
Text boolean_of(const Value& value) {
  static constexpr std::array<std::string_view, 6> kTrue = {"true", "t", "yes", "y", "1", "1.0"};
  static constexpr std::array<std::string_view, 6> kFalse = {"false", "f", "no", "n", "0", "0.0"};
  if (value.kind == Item::Kind::boolean) return std::string(value.text);
  if (is_number(value.kind)) {
    const Text plain = plain_decimal(value.text);
    if (plain && round_to(*plain, significant_places(*plain), Rounding::truncate) == "1") return "true";
    if (plain && round_to(*plain, significant_places(*plain), Rounding::truncate) == "0") return "false";
    return std::nullopt;
  }
  if (value.kind != Item::Kind::string) return std::nullopt;
  const std::string word = lower_case(value.text);
  for (const std::string_view candidate : kTrue) {
    if (word == candidate) return "true";
  }
  for (const std::string_view candidate : kFalse) {
    if (word == candidate) return "false";
  }
  return std::nullopt;
}

// https://hl7.org/fhirpath/N1/#tointeger-integer
Text integer_of(const Value& value) {
  if (value.kind == Item::Kind::boolean) return value.boolean ? "1" : "0";
  const bool may_be = value.kind == Item::Kind::integer || value.kind == Item::Kind::string;
  if (!may_be || !fits_integer(value.text)) return std::nullopt;
  return plain_decimal(value.text);
}

// https://hl7.org/fhirpath/N1/#todecimal-decimal
Text decimal_of(const Value& value) {
  if (value.kind == Item::Kind::boolean) return value.boolean ? "1.0" : "0.0";
  const bool is_text = value.kind == Item::Kind::string;
  if (is_text && value.text.find_first_of("eE") != std::string_view::npos) return std::nullopt;
  return is_text || is_number(value.kind) ? plain_decimal(value.text) : std::nullopt;
}

// https://hl7.org/fhirpath/N1/#tostring-string
Text string_of(const Value& value) {
  if (value.kind == Item::Kind::quantity) return quantity_text(value.text, value);
  if (is_number(value.kind)) return plain_decimal(value.text);
  return std::string(value.text);
}

// https://hl7.org/fhirpath/N1/#todate-date
Text date_of(const Value& value) {
  const bool is_moment = value.kind == Item::Kind::date || value.kind == Item::Kind::date_time;
  if (!is_moment && value.kind != Item::Kind::string) return std::nullopt;
  if (!parse_date_time(value.text)) return std::nullopt;
  return std::string(value.text.substr(0, value.text.find('T')));
}

// https://hl7.org/fhirpath/N1/#todatetime-datetime
Text date_time_of(const Value& value) {
  const bool is_moment = value.kind == Item::Kind::date || value.kind == Item::Kind::date_time;
  if (!is_moment && value.kind != Item::Kind::string) return std::nullopt;
  return parse_date_time(value.text) ? Text(std::string(value.text)) : std::nullopt;
}

// https://hl7.org/fhirpath/N1/#totime-time
Text time_of(const Value& value) {
  if (value.kind != Item::Kind::time && value.kind != Item::Kind::string) return std::nullopt;
  return parse_time(value.text) ? Text(std::string(value.text)) : std::nullopt;
}

// A number, then nothing, a calendar word or a code in quotes.
Text quantity_of_text(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("+-.0123456789"), text.size());
  const Text number = plain_decimal(text.substr(0, end));
  if (!number) return std::nullopt;
  std::string_view unit = text.substr(end);
  unit.remove_prefix(std::min(unit.find_first_not_of(" \t\r\n"), unit.size()));
  if (unit.empty()) return end == text.size() ? Text(quantity_text(*number, "1")) : std::nullopt;
  const bool is_code = unit.size() > 2 && unit.front() == '\'' && unit.find('\'', 1) == unit.size() - 1;
  if (!is_code && calendar_word(unit).empty()) return std::nullopt;
  return *number + " " + std::string(unit);
}

// https://hl7.org/fhirpath/N1/#toquantityunit-string-quantity
Text quantity_of(const Value& value) {
  if (value.kind == Item::Kind::quantity) return quantity_text(value.text, value);
  if (value.kind == Item::Kind::boolean) return quantity_text(value.boolean ? "1.0" : "0.0", "1");
  if (is_number(value.kind)) {
    const Text number = plain_decimal(value.text);
    return number ? Text(quantity_text(*number, "1")) : std::nullopt;
  }
  return value.kind == Item::Kind::string ? quantity_of_text(value.text) : std::nullopt;
}

// The converted input, nullopt also where it is an element with structure.
Result<Text> converted(Evaluator& evaluator, const Call& call, Conversion conversion) {
  if (call.input.size() > 1) return evaluator.error(call.bound, "a single item is needed, there are several");
  if (call.input.empty()) return Text{};
  const Environment& environment = evaluator.environment();
  const std::optional<Value> value = value_of(environment.definitions, environment.names, call.input[0]);
  if (!value) return Text{};
  VESTA_CHECK_OK(evaluator.spend(call.bound, 1 + value->text.size() / 64));
  return conversion(*value);
}

Status convert(Evaluator& evaluator, const Call& call, Item::Kind kind, Conversion conversion, Collection& out) {
  VESTA_TRY(Text text, converted(evaluator, call, conversion));
  if (!text) return kOk;
  if (kind == Item::Kind::boolean) return evaluator.push(call.bound, boolean_item(*text == "true"), out);
  return evaluator.push(call.bound, evaluator.text_item(kind, *text), out);
}

Status test(Evaluator& evaluator, const Call& call, Conversion conversion, Collection& out) {
  VESTA_TRY(Text text, converted(evaluator, call, conversion));
  if (call.input.empty()) return kOk;
  return evaluator.push(call.bound, boolean_item(text.has_value()), out);
}

// The number of a quantity's text in the unit that the argument names, if there is one.
Result<Text> in_unit(Evaluator& evaluator, const Call& call, Text quantity) {
  if (!quantity || call.bound.operands.size() < 2) return quantity;
  VESTA_TRY(std::optional<Value> unit, evaluator.argument(call, 1, Item::Kind::string));
  if (!unit) return Text{};
  Item item;
  item.kind = Item::Kind::quantity;
  item.text = *quantity;
  const Environment& environment = evaluator.environment();
  const Text number = convert_quantity(*value_of(environment.definitions, environment.names, item), unit->text);
  return number ? Text(quantity_text(*number, unit->text)) : std::nullopt;
}

}  // namespace

Status to_boolean(Evaluator& evaluator, const Call& call, Collection& out) {
  return convert(evaluator, call, Item::Kind::boolean, boolean_of, out);
}
Status to_integer(Evaluator& evaluator, const Call& call, Collection& out) {
  return convert(evaluator, call, Item::Kind::integer, integer_of, out);
}
Status to_decimal(Evaluator& evaluator, const Call& call, Collection& out) {
  return convert(evaluator, call, Item::Kind::decimal, decimal_of, out);
}
Status to_string(Evaluator& evaluator, const Call& call, Collection& out) {
  return convert(evaluator, call, Item::Kind::string, string_of, out);
}
Status to_date(Evaluator& evaluator, const Call& call, Collection& out) {
  return convert(evaluator, call, Item::Kind::date, date_of, out);
}
Status to_date_time(Evaluator& evaluator, const Call& call, Collection& out) {
  return convert(evaluator, call, Item::Kind::date_time, date_time_of, out);
}
Status to_time(Evaluator& evaluator, const Call& call, Collection& out) {
  return convert(evaluator, call, Item::Kind::time, time_of, out);
}
Status to_quantity(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(Text quantity, converted(evaluator, call, quantity_of));
  VESTA_TRY(Text text, in_unit(evaluator, call, std::move(quantity)));
  if (!text) return kOk;
  return evaluator.push(call.bound, evaluator.text_item(Item::Kind::quantity, *text), out);
}

Status converts_to_boolean(Evaluator& evaluator, const Call& call, Collection& out) {
  return test(evaluator, call, boolean_of, out);
}
Status converts_to_integer(Evaluator& evaluator, const Call& call, Collection& out) {
  return test(evaluator, call, integer_of, out);
}
Status converts_to_decimal(Evaluator& evaluator, const Call& call, Collection& out) {
  return test(evaluator, call, decimal_of, out);
}
Status converts_to_string(Evaluator& evaluator, const Call& call, Collection& out) {
  return test(evaluator, call, string_of, out);
}
Status converts_to_date(Evaluator& evaluator, const Call& call, Collection& out) {
  return test(evaluator, call, date_of, out);
}
Status converts_to_date_time(Evaluator& evaluator, const Call& call, Collection& out) {
  return test(evaluator, call, date_time_of, out);
}
Status converts_to_time(Evaluator& evaluator, const Call& call, Collection& out) {
  return test(evaluator, call, time_of, out);
}
Status converts_to_quantity(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(Text quantity, converted(evaluator, call, quantity_of));
  VESTA_TRY(Text text, in_unit(evaluator, call, std::move(quantity)));
  if (call.input.empty()) return kOk;
  return evaluator.push(call.bound, boolean_item(text.has_value()), out);
}

}  // namespace vesta::fhirpath::functions
