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

// Type and id of "Practitioner/1"; only what has the form of both is one.
std::optional<std::pair<fhir::TypeId, std::string>> split(const fhir::Definitions& definitions,
                                                          const std::string& user) {
  const std::size_t slash = user.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto type = definitions.find_resource_type(user.substr(0, slash));
  std::string id = user.substr(slash + 1);
  if (!type || !fhir::is_id(id)) return std::nullopt;
  return std::pair(*type, std::move(id));
}

}  // namespace

std::string variable_of(const fhir::Definitions& definitions, fhir::TypeId type) {
  std::string name(definitions.type(type).name);
  std::ranges::transform(name, name.begin(), http::to_lower);
  return name;
}

Variables variables_of(const fhir::Definitions& definitions, const std::string& fhir_user, Instant now) {
  const auto user = split(definitions, fhir_user);
  Variables variables;
  variables.emplace(kToday, day_of(now));
  variables.emplace(kUserVariable, user ? fhir_user : "");
  for (const fhir::Compartment& compartment : definitions.compartments()) {
    std::string& value = variables[variable_of(definitions, compartment.type)];
    if (user && user->first == compartment.type) value = user->second;
  }
  return variables;
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
    if (const auto found = variables.find(name); found != variables.end()) {
      if (found->second.empty()) return std::optional<std::string>();
      text += http::percent_encode(found->second);
      query.remove_prefix(name.size());
    } else if (query.size() >= 2 && is_hex(query[0]) && is_hex(query[1])) {
      text += '%';
    } else {
      return make_error(Category::invalid, "There is no variable '%" + std::string(name) + "'");
    }
  }
}

}  // namespace vesta::access
