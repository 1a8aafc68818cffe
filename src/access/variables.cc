// Values from the principal, into texts of queries.
#include "access/variables.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fhir/primitive.h"
#include "http/ascii.h"
#include "http/message.h"

namespace vesta::access {
namespace {

constexpr std::string_view kUserVariable = "user";
constexpr std::string_view kToday = "today";
constexpr std::string_view kNow = "now";
constexpr std::string_view kSomeId = "1";
constexpr std::size_t kMaxHourDigits = 4;

bool is_hex(char c) {
  return http::is_digit(c) || (http::to_lower(c) >= 'a' && http::to_lower(c) <= 'f');
}

using Microseconds = std::chrono::sys_time<std::chrono::microseconds>;

Microseconds time_of(Instant now) {
  return Microseconds{std::chrono::microseconds(now.value)};
}

std::string two_digits(char before, unsigned number) {
  return before + ((number < 10 ? "0" : "") + std::to_string(number));
}

std::string day_of(Microseconds time) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  return std::to_string(static_cast<int>(day.year())) + two_digits('-', static_cast<unsigned>(day.month())) +
         two_digits('-', static_cast<unsigned>(day.day()));
}

std::string minute_of(Microseconds time) {
  const std::chrono::hh_mm_ss clock{time - std::chrono::floor<std::chrono::days>(time)};
  return day_of(time) + two_digits('T', static_cast<unsigned>(clock.hours().count())) +
         two_digits(':', static_cast<unsigned>(clock.minutes().count())) + "Z";
}

// Of `now` and `now-4h` how many hours ago it is. nullopt: it is neither.
std::optional<std::chrono::hours> hours_ago(std::string_view name) {
  if (!name.starts_with(kNow)) return std::nullopt;
  name.remove_prefix(kNow.size());
  if (name.empty()) return std::chrono::hours(0);
  if (name.size() < 3 || name.size() > kMaxHourDigits + 2 || name.front() != '-' || name.back() != 'h') {
    return std::nullopt;
  }
  int hours = 0;
  for (const char c : name.substr(1, name.size() - 2)) {
    if (!http::is_digit(c)) return std::nullopt;
    hours = hours * 10 + (c - '0');
  }
  return std::chrono::hours(hours);
}

// The name of a variable that `text` begins with, the longest that there is: `patient`, `now-4h`; of what follows,
// nothing.
std::string_view name_in(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto end_of_letters = std::ranges::find_if_not(text, is_letter);
  const std::string_view letters = text.substr(0, static_cast<std::size_t>(end_of_letters - text.begin()));
  const std::size_t h = text.find('h', letters.size());
  const bool goes_on = letters == kNow && h != std::string_view::npos && hours_ago(text.substr(0, h + 1));
  return goes_on ? text.substr(0, h + 1) : letters;
}

// The resource type that is called so in lower case; kNoType: none is.
fhir::TypeId type_of_variable(const fhir::Definitions& definitions, std::string_view name) {
  for (const fhir::Type& type : definitions.types()) {
    if (!http::equals_ignoring_case(type.name, name)) continue;
    if (const auto found = definitions.find_resource_type(type.name)) return *found;
  }
  return fhir::kNoType;
}

}  // namespace

Variables::Variables(const fhir::Definitions& definitions, std::string_view fhir_user, Instant now)
    : definitions_(definitions), now_(now) {
  const std::size_t slash = fhir_user.find('/');
  if (slash == std::string_view::npos || !fhir::is_id(fhir_user.substr(slash + 1))) return;
  const auto type = definitions.find_resource_type(fhir_user.substr(0, slash));
  if (!type) return;
  type_ = *type;
  id_ = fhir_user.substr(slash + 1);
}

Variables Variables::of_anybody(const fhir::Definitions& definitions, fhir::TypeId type, Instant now) {
  Variables variables(definitions, {}, now);
  variables.type_ = type;
  variables.id_ = kSomeId;
  variables.is_anybody_ = true;
  return variables;
}

std::string_view Variables::own(fhir::TypeId type) const {
  return type == type_ || is_anybody_ ? std::string_view(id_) : std::string_view();
}

std::optional<std::string> Variables::find(std::string_view name) const {
  if (name == kToday) return day_of(time_of(now_));
  if (const auto ago = hours_ago(name)) {
    was_asked_now_ = true;
    return minute_of(time_of(now_) - *ago);
  }
  if (name == kUserVariable) {
    return type_ == fhir::kNoType ? std::string() : std::string(definitions_.type(type_).name) + "/" + id_;
  }
  const fhir::TypeId type = type_of_variable(definitions_, name);
  if (type == fhir::kNoType) return std::nullopt;
  return std::string(own(type));
}

// An escape has two hexadecimal digits; all else behind a '%' is a name.
Result<std::optional<std::string>> put_variables(std::string_view query, const Variables& variables) {
  std::string text;
  while (true) {
    const std::size_t at = query.find('%');
    text += query.substr(0, at);
    if (at == std::string_view::npos) return std::optional(std::move(text));
    query.remove_prefix(at + 1);
    const std::string_view name = name_in(query);
    if (const auto found = variables.find(name)) {
      if (found->empty()) return std::optional<std::string>();
      text += http::percent_encode(*found);
      query.remove_prefix(name.size());
    } else if (query.size() >= 2 && is_hex(query[0]) && is_hex(query[1])) {
      text += '%';
    } else {
      return make_error(Category::invalid, "There is no variable '%" + std::string(name) + "'");
    }
  }
}

}  // namespace vesta::access
