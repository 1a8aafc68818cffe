// lowBoundary, highBoundary, precision and comparable: https://hl7.org/fhirpath/#boundary-functions
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "fhirpath/arithmetic.h"
#include "fhirpath/functions/bodies.h"
#include "fhirpath/quantity.h"
#include "fhirpath/temporal.h"

namespace vesta::fhirpath::functions {
namespace {

enum class Side { low, high };

constexpr std::size_t kDefaultDecimalPrecision = 8;
constexpr std::size_t kDatePrecision = 8;  // digits: YYYYMMDD
constexpr std::size_t kDateTimePrecision = 17;
constexpr std::size_t kTimePrecision = 9;
constexpr std::size_t kMillisecondDigits = 3;

// The number moved by half of the last digit it has, with `places` digits.
std::optional<std::string> number_boundary(std::string_view number, std::size_t places, Side side) {
  const std::string half = "0." + std::string(decimal_places(number), '0') + "5";
  const std::optional<std::string> edge = side == Side::low ? subtract(number, half) : add(number, half);
  if (!edge || places > kMaxDecimalPrecision) return std::nullopt;
  return round_to(*edge, places, side == Side::low ? Rounding::floor : Rounding::ceiling);
}

// The number of fields that so many digits are, and whether the fraction of the second is among them; nullopt: none.
struct Fields {
  int count;
  bool has_fraction;
};
std::optional<Fields> fields_of(std::size_t digits, bool is_time) {
  const std::size_t date_digits = is_time ? kDatePrecision : 0;
  const std::size_t all = digits + date_digits;
  if (all == kDateTimePrecision) return Fields{6, true};
  if (all == 4) return Fields{1, false};
  if (all % 2 != 0 || all < 6 || all > 14) return std::nullopt;
  return Fields{static_cast<int>(all / 2) - 1, false};
}

// The fields that are not known, at their least or greatest.
//
// DEVIATION: an hour without minutes is the minute 0 of it, as FHIR has no times without minutes.
void fill(Temporal& moment, Side side) {
  static constexpr std::array<int, 6> kLeast = {0, 1, 1, 0, 0, 0};
  static constexpr std::array<int, 6> kGreatest = {0, 12, 31, 23, 59, 59};
  if (moment.known == kHourField + 1) moment.fields[kMinuteField] = 0;
  const int known = moment.known == kHourField + 1 ? kMinuteField + 1 : moment.known;
  for (int i = known; i < 6; ++i) {
    const auto field = static_cast<std::size_t>(i);
    moment.fields[field] = side == Side::low ? kLeast[field] : kGreatest[field];
    if (side == Side::high && i == 2) moment.fields[field] = days_in_month(moment.fields[0], moment.fields[1]);
  }
}

std::optional<std::string> moment_boundary(const Value& value, std::size_t digits, Side side) {
  const bool is_time = value.kind == Item::Kind::time;
  std::string_view text = value.text;
  std::string zone = side == Side::low ? "+14:00" : "-12:00";  // the first and the last place of the earth
  const std::size_t time = text.find('T');
  if (time != std::string_view::npos) {
    const std::size_t mark = text.find_first_of("Z+-", time);
    if (mark != std::string_view::npos) zone = text.substr(mark);
    text = text.substr(0, mark);
  }
  std::optional<Temporal> moment = is_time ? parse_time(text) : parse_date_time(text);
  const std::optional<Fields> wanted = fields_of(digits, is_time);
  if (!moment || !wanted || (value.kind == Item::Kind::date && wanted->count > kHourField)) return std::nullopt;
  std::string fraction(moment->fraction.substr(0, kMillisecondDigits));
  fraction.append(kMillisecondDigits - fraction.size(), side == Side::low ? '0' : '9');
  fill(*moment, side);
  std::string result = fields_text(*moment, wanted->count, is_time);
  if (wanted->has_fraction) result += "." + fraction;
  if (!is_time && wanted->count > kHourField) result += zone;
  return result;
}

std::size_t default_precision(Item::Kind kind) {
  switch (kind) {
    case Item::Kind::date:
      return kDatePrecision;
    case Item::Kind::date_time:
      return kDateTimePrecision;
    case Item::Kind::time:
      return kTimePrecision;
    default:
      return kDefaultDecimalPrecision;
  }
}

Status boundary(Evaluator& evaluator, const Call& call, Side side, Collection& out) {
  VESTA_TRY(std::optional<Value> value, evaluator.single_value(call.bound, call.input));
  if (!value) return kOk;
  std::size_t precision = default_precision(value->kind);
  if (call.bound.operands.size() > 1) {
    VESTA_TRY(std::optional<Value> wanted, evaluator.argument(call, 1, Item::Kind::integer));
    if (!wanted) return kOk;
    const char* end = wanted->text.data() + wanted->text.size();
    if (std::from_chars(wanted->text.data(), end, precision).ec != std::errc{}) return kOk;  // negative
  }
  std::optional<std::string> text;
  Item::Kind kind = value->kind;
  switch (value->kind) {
    case Item::Kind::integer:
    case Item::Kind::decimal:
      kind = Item::Kind::decimal;
      text = number_boundary(value->text, precision, side);
      break;
    case Item::Kind::quantity:
      text = number_boundary(value->text, precision, side);
      if (text) text = quantity_text(*text, *value);
      break;
    case Item::Kind::date:
    case Item::Kind::date_time:
    case Item::Kind::time:
      text = moment_boundary(*value, precision, side);
      break;
    default:
      return evaluator.error(call.bound, std::string(system_name(value->kind)) + " has no boundaries");
  }
  if (!text) return kOk;
  return evaluator.push(call.bound, evaluator.text_item(kind, *text), out);
}

}  // namespace

Status low_boundary(Evaluator& evaluator, const Call& call, Collection& out) {
  return boundary(evaluator, call, Side::low, out);
}

Status high_boundary(Evaluator& evaluator, const Call& call, Collection& out) {
  return boundary(evaluator, call, Side::high, out);
}

// The digits behind the point of a number; the digits of a date or time, without its zone.
Status precision(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> value, evaluator.single_value(call.bound, call.input));
  if (!value) return kOk;
  std::size_t digits = 0;
  if (value->kind == Item::Kind::integer || value->kind == Item::Kind::decimal) {
    digits = decimal_places(value->text);
  } else if (default_precision(value->kind) == kDefaultDecimalPrecision && value->kind != Item::Kind::date) {
    return evaluator.error(call.bound, std::string(system_name(value->kind)) + " has no precision");
  } else {
    const std::size_t time = value->text.find('T');
    const std::size_t zone =
        time == std::string_view::npos ? time : std::min(value->text.find_first_of("Z+-", time), value->text.size());
    const std::string_view text = value->text.substr(0, zone);
    digits =
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
  }
  return evaluator.push(call.bound, evaluator.text_item(Item::Kind::integer, std::to_string(digits)), out);
}

// Whether two quantities have units that can be converted into each other.
Status comparable(Evaluator& evaluator, const Call& call, Collection& out) {
  VESTA_TRY(std::optional<Value> left, evaluator.single_value(call.bound, call.input, Item::Kind::quantity));
  VESTA_TRY(std::optional<Value> right, evaluator.argument(call, 1, Item::Kind::quantity));
  if (!left || !right) return kOk;
  return evaluator.push(call.bound, boolean_item(comparable_quantities(*left, *right)), out);
}

}  // namespace vesta::fhirpath::functions
