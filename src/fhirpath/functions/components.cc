// Parts of dates and times: https://hl7.org/fhirpath/#date-and-time-component-functions
//
// Each takes a single Date, DateTime or Time and yields nothing where its part is not there, or is none of such a
// value.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath::functions {
namespace {

constexpr std::size_t kDigitsOfMillisecond = 3;
constexpr int kMinutesAnHour = 60;

// "2012-01-01", "12:30:00.000", "-07:00"; each may be empty.
struct Components {
  std::string_view date;
  std::string_view time;
  std::string_view zone;
};

Components components_of(const Value& value) {
  Components components;
  std::string_view rest = value.text;
  if (value.kind != Item::Kind::time) {
    const std::size_t end = std::min(rest.find('T'), rest.size());
    components.date = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  components.time = rest.substr(0, rest.find_first_of("Z+-"));
  components.zone = rest.substr(components.time.size());
  return components;
}

// The number-th part between separators; empty: there are not as many.
std::string_view part_of(std::string_view text, char separator, int number) {
  for (; number > 0; --number) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + 1);
  }
  return text.substr(0, text.find(separator));
}

std::string without_zeros(std::string_view digits) {
  const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return std::string(digits.substr(first));
}

template <class Find>
Status push_component(Evaluator& evaluator, const Call& call, Item::Kind kind, Collection& out, const Find& find) {
  VESTA_TRY(const std::optional<Value> value, evaluator.single_value(call.bound, call.input));
  if (!value) return kOk;
  const bool is_temporal =
      value->kind == Item::Kind::date || value->kind == Item::Kind::date_time || value->kind == Item::Kind::time;
  if (!is_temporal) return kOk;
  const std::string part = find(components_of(*value));
  if (part.empty()) return kOk;
  return evaluator.push(call.bound, evaluator.text_item(kind, part), out);
}

Status push_number(Evaluator& evaluator, const Call& call, Collection& out, std::string_view Components::* of,
                   char separator, int number) {
  return push_component(evaluator, call, Item::Kind::integer, out, [&](const Components& components) {
    const std::string_view part = part_of(components.*of, separator, number);
    return part.empty() ? std::string() : without_zeros(part.substr(0, part.find('.')));
  });
}

// "-07:30" in hours, "-7.5".
std::string hours_of(std::string_view zone) {
  if (zone.empty()) return {};
  if (zone == "Z") return "0.0";
  int minutes = 0;
  const std::string_view digits = part_of(zone, ':', 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), minutes);
  std::string hours = without_zeros(part_of(zone.substr(1), ':', 0));
  if (zone.front() == '-' && (hours != "0" || minutes > 0)) hours.insert(0, "-");
  // To 28 digits it would not be exact either: 20 minutes are a third.
  std::string fraction = std::to_string(100'000'000 + minutes * 100'000'000LL / kMinutesAnHour).substr(1);
  fraction.erase(std::max<std::size_t>(fraction.find_last_not_of('0') + 1, 1));
  return hours + "." + fraction;
}

}  // namespace

Status year_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_number(evaluator, call, out, &Components::date, '-', 0);
}

Status month_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_number(evaluator, call, out, &Components::date, '-', 1);
}

Status day_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_number(evaluator, call, out, &Components::date, '-', 2);
}

Status hour_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_number(evaluator, call, out, &Components::time, ':', 0);
}

Status minute_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_number(evaluator, call, out, &Components::time, ':', 1);
}

Status second_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_number(evaluator, call, out, &Components::time, ':', 2);
}

Status millisecond_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_component(evaluator, call, Item::Kind::integer, out, [](const Components& components) {
    std::string digits(part_of(components.time, '.', 1));
    if (digits.empty()) return digits;
    digits.resize(kDigitsOfMillisecond, '0');
    return without_zeros(digits);
  });
}

Status timezone_offset_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_component(evaluator, call, Item::Kind::decimal, out,
                        [](const Components& components) { return hours_of(components.zone); });
}

Status date_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_component(evaluator, call, Item::Kind::date, out,
                        [](const Components& components) { return std::string(components.date); });
}

// Of a DateTime; a Time has no date to be taken away.
Status time_of(Evaluator& evaluator, const Call& call, Collection& out) {
  return push_component(evaluator, call, Item::Kind::time, out, [](const Components& components) {
    return components.date.empty() ? std::string() : std::string(components.time);
  });
}

}  // namespace vesta::fhirpath::functions
