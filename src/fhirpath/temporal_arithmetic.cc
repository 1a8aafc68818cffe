// Dates and times plus durations: by months on the calendar, by milliseconds below.
#include "fhirpath/temporal_arithmetic.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "fhirpath/arithmetic.h"
#include "fhirpath/temporal.h"

namespace vesta::fhirpath {
namespace {

constexpr std::int64_t kSecond = 1000;  // in milliseconds
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kDaysInMonth = 30;  // where a duration in days meets a date without a day
constexpr std::int64_t kDaysInYear = 365;
constexpr std::size_t kMaxAmountDigits = 12;
constexpr int kMaxYear = 9999;

struct Unit {
  std::string_view name;
  std::string_view code;  // UCUM's; empty: none is equal to it
  std::int64_t months;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 8> kUnits = {{{"year", "", 12, 0},
                                         {"month", "", 1, 0},
                                         {"week", "wk", 0, 7 * kDay},
                                         {"day", "d", 0, kDay},
                                         {"hour", "h", 0, kHour},
                                         {"minute", "min", 0, kMinute},
                                         {"second", "s", 0, kSecond},
                                         {"millisecond", "ms", 0, 1}}};

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    const bool is_plural = name.size() == unit.name.size() + 1 && name.ends_with('s') && name.starts_with(unit.name);
    if (name == unit.name || is_plural || (!unit.code.empty() && name == unit.code)) return &unit;
  }
  return nullptr;
}

// The whole number of `unit`; of seconds, the number of milliseconds counts.
std::optional<std::int64_t> amount_of(std::string_view number, const Unit& unit) {
  const bool is_second = unit.milliseconds == kSecond;
  const std::optional<std::string> scaled = is_second ? multiply(number, "1000") : std::string(number);
  const std::optional<std::string> whole = scaled ? round_to(*scaled, 0, Rounding::truncate) : std::nullopt;
  if (!whole || whole->size() > kMaxAmountDigits) return std::nullopt;
  return std::stoll(*whole) * (unit.months > 0 ? unit.months : is_second ? 1 : unit.milliseconds);
}

// A text taken apart: its fields as written, not moved by the zone.
struct Parts {
  Temporal fields;
  std::int64_t milliseconds = 0;  // of the fraction
  std::string finer;              // digits of the fraction behind the third
  std::size_t fraction_digits = 0;
  std::string_view zone;
};

std::optional<Parts> take_apart(const Value& moment) {
  Parts parts;
  std::string_view text = moment.text;
  const bool is_time = moment.kind == Item::Kind::time;
  const std::size_t time = is_time ? 0 : text.find('T');
  if (!is_time && time != std::string_view::npos) {
    const std::size_t zone = text.find_first_of("Z+-", time);
    if (zone != std::string_view::npos) {
      parts.zone = text.substr(zone);
      text = text.substr(0, zone);
    }
  }
  const std::optional<Temporal> fields = is_time ? parse_time(text) : parse_date_time(text);
  if (!fields) return std::nullopt;
  parts.fields = *fields;
  if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
    std::string digits(text.substr(point + 1));
    parts.fraction_digits = digits.size();
    if (digits.size() < 3) digits.append(3 - digits.size(), '0');
    parts.milliseconds = std::stoll(digits.substr(0, 3));
    parts.finer = digits.substr(3);
  }
  return parts;
}

std::string put_together(const Parts& parts, bool is_time) {
  std::string text = fields_text(parts.fields, parts.fields.known, is_time);
  const std::size_t digits = std::max<std::size_t>(parts.fraction_digits, parts.milliseconds == 0 ? 0 : 3);
  if (digits > 0) text += "." + (padded(parts.milliseconds, 3) + parts.finer).substr(0, digits);
  return text.append(parts.zone);
}

// False: outside of the calendar.
bool add_months(Temporal& fields, std::int64_t months) {
  const std::int64_t total = std::int64_t{fields.fields[0]} * 12 + std::max(fields.fields[1], 1) - 1 + months;
  if (total < 12 || total / 12 > kMaxYear) return false;
  fields.fields[0] = static_cast<int>(total / 12);
  if (fields.known < 2) return true;
  fields.fields[1] = static_cast<int>(total % 12) + 1;
  if (fields.known > 2)
    fields.fields[2] = std::min(fields.fields[2], days_in_month(fields.fields[0], fields.fields[1]));
  return true;
}

bool add_days(Temporal& fields, std::int64_t days) {
  using namespace std::chrono;
  const sys_days day =
      year_month_day{year{fields.fields[0]}, month(fields.fields[1]), std::chrono::day(fields.fields[2])};
  if (std::abs(days) > std::int64_t{kMaxYear} * 366) return false;
  const year_month_day moved{day + std::chrono::days(days)};
  if (static_cast<int>(moved.year()) < 1 || static_cast<int>(moved.year()) > kMaxYear) return false;
  fields.fields[0] = static_cast<int>(moved.year());
  fields.fields[1] = static_cast<int>(static_cast<unsigned>(moved.month()));
  fields.fields[2] = static_cast<int>(static_cast<unsigned>(moved.day()));
  return true;
}

// What is finer than the precision of the date is converted to it first; what is left over is dropped.
bool add_milliseconds(Parts& parts, std::int64_t amount, bool is_time) {
  Temporal& fields = parts.fields;
  if (!is_time && fields.known < 3) {
    const std::int64_t days = amount / kDay;
    return add_months(fields, fields.known == 2 ? days / kDaysInMonth : days / kDaysInYear * 12);
  }
  static constexpr std::array<std::int64_t, 4> kPrecision = {kDay, kHour, kMinute, 1};
  const std::int64_t precision = kPrecision[static_cast<std::size_t>(fields.known - 3)];
  std::int64_t total = fields.fields[3] * kHour + fields.fields[4] * kMinute + fields.fields[5] * kSecond +
                       parts.milliseconds + amount / precision * precision;
  std::int64_t days = total / kDay;
  total %= kDay;
  if (total < 0) {
    total += kDay;
    --days;
  }
  if (!is_time && !add_days(fields, days)) return false;
  fields.fields[3] = static_cast<int>(total / kHour);
  fields.fields[4] = static_cast<int>(total % kHour / kMinute);
  fields.fields[5] = static_cast<int>(total % kMinute / kSecond);
  parts.milliseconds = total % kSecond;
  return true;
}

}  // namespace

bool is_duration_unit(std::string_view unit) {
  return find_unit(unit) != nullptr;
}

std::optional<std::string> shifted(const Value& moment, const Value& duration, bool is_earlier) {
  const Unit* unit = find_unit(duration.unit);
  std::optional<Parts> parts = take_apart(moment);
  if (unit == nullptr || !parts) return std::nullopt;
  std::optional<std::int64_t> amount = amount_of(duration.text, *unit);
  if (!amount) return std::nullopt;
  if (is_earlier) amount = -*amount;
  const bool is_time = moment.kind == Item::Kind::time;
  if (is_time && unit->months > 0) return std::nullopt;
  const std::int64_t whole_years = parts->fields.known == 1 ? *amount / 12 * 12 : *amount;
  const bool is_valid =
      unit->months > 0 ? add_months(parts->fields, whole_years) : add_milliseconds(*parts, *amount, is_time);
  if (!is_valid) return std::nullopt;
  return put_together(*parts, is_time);
}

}  // namespace vesta::fhirpath
