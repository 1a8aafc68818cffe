// Parsing of the Prefer header.
#include "http/prefer.h"

#include <algorithm>

#include "http/ascii.h"

namespace vesta::http {

Preferences Preferences::parse(std::string_view header) {
  Preferences parsed;
  for_each_part(header, ',', [&](std::string_view part) {
    // preference = token [ BWS "=" BWS word ] *( OWS ";" [ OWS parameter ] ): parameters have no use in FHIR.
    std::string_view preference;
    bool is_first = true;
    for_each_part(part, ';', [&](std::string_view piece) {
      if (is_first) preference = piece;
      is_first = false;
    });
    const std::size_t equals = std::min(preference.find('='), preference.size());
    const std::string name = lower_case(trim(preference.substr(0, equals)));
    std::string_view value = trim(preference.substr(std::min(equals + 1, preference.size())));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (name.empty() || parsed.get(name) || parsed.preferences_.size() == kMaxPreferences) return;
    parsed.preferences_.emplace_back(name, value);
  });
  return parsed;
}

std::optional<std::string_view> Preferences::get(std::string_view name) const {
  for (const auto& [key, value] : preferences_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace vesta::http
