// By the names of parameters.
#include "audit/secrets.h"

#include <algorithm>
#include <optional>

#include "http/ascii.h"
#include "http/message.h"

namespace vesta::audit {
namespace {

constexpr std::string_view kSecrets[] = {
    "access_token",  "refresh_token", "id_token", "id_token_hint", "client_secret", "client_assertion",
    "code_verifier", "assertion",     "password", "token",         "authorization", "api_key"};
constexpr std::string_view kHidden = "***";

bool ends_parameter(char c) {
  return c == '?' || c == '&' || c == ';';
}

bool is_secret(std::string_view written) {
  std::optional<std::string> decoded;
  if (written.find('%') != std::string_view::npos) decoded = http::percent_decode(written);
  const std::string_view name = decoded ? std::string_view(*decoded) : written;
  return std::ranges::any_of(kSecrets, [&](std::string_view each) { return http::equals_ignoring_case(name, each); });
}

}  // namespace

std::string without_secrets(std::string_view target) {
  std::string text;
  text.reserve(target.size());
  while (!target.empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if(target, ends_parameter) - target.begin());
    const std::string_view part = target.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && is_secret(part.substr(0, equals))) {
      text.append(part.substr(0, equals + 1)).append(kHidden);
    } else {
      text.append(part);
    }
    if (end < target.size()) text.push_back(target[end]);
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return text;
}

}  // namespace vesta::audit
