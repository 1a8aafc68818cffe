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
constexpr std::string_view kSomeId = "1";

bool is_hex(char c) {
  return http::is_digit(c) || (http::to_lower(c) >= 'a' && http::to_lower(c) <= 'f');
}

std::string day_of(Instant now) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(now.value)};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  const auto two = [](unsigned number) { return (number < 10 ? "-0" : "-") + std::to_string(number); };
  return std::to_string(static_cast<int>(day.year())) + two(static_cast<unsigned>(day.month())) +
         two(static_cast<unsigned>(day.day()));
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
    : definitions_(definitions), today_(day_of(now)) {
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
  if (name == kToday) return today_;
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
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto end = std::ranges::find_if_not(query, is_letter);
    const std::string_view name = query.substr(0, static_cast<std::size_t>(end - query.begin()));
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
