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

constexpr auto kEndsParameter = [](char c) { return c == '?' || c == '&' || c == ';'; };

bool is_secret(std::string_view written) {
  std::optional<std::string> decoded;
  if (written.find('%') != std::string_view::npos) decoded = http::percent_decode(written);
  const std::string_view name = decoded ? std::string_view(*decoded) : written;
  return std::ranges::any_of(kSecrets, [&](std::string_view each) { return http::equals_ignoring_case(name, each); });
}

}  // namespace

// OPTIMIZATION: nearly every target has no secret, and is not copied; and most of its characters are of values, which
// are not looked at one by one.
std::string_view without_secrets(std::string_view target, std::string& room) {
  std::size_t copied = 0;
  for (std::size_t equals = target.find('='); equals < target.size(); equals = target.find('=', equals + 1)) {
    std::size_t begin = equals;
    while (begin > 0 && target[begin - 1] != '=' && !kEndsParameter(target[begin - 1])) --begin;
    const bool is_of_value = begin > 0 && target[begin - 1] == '=';
    if (is_of_value || !is_secret(target.substr(begin, equals - begin))) continue;
    if (copied == 0) room.clear();
    room.append(target.substr(copied, equals + 1 - copied)).append(kHidden);
    copied =
        static_cast<std::size_t>(std::find_if(target.begin() + equals, target.end(), kEndsParameter) - target.begin());
    equals = copied;
  }
  return copied == 0 ? target : std::string_view(room.append(target.substr(copied)));
}

}  // namespace vesta::audit
