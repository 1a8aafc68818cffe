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

// OPTIMIZATION: nearly every target has no secret, and is not copied.
std::string_view without_secrets(std::string_view target, std::string& room) {
  std::size_t copied = 0;
  for (std::size_t begin = 0; begin < target.size();) {
    const auto end =
        static_cast<std::size_t>(std::find_if(target.begin() + begin, target.end(), kEndsParameter) - target.begin());
    const std::size_t equals = target.substr(begin, end - begin).find('=');
    if (equals != std::string_view::npos && is_secret(target.substr(begin, equals))) {
      if (copied == 0) room.clear();
      room.append(target.substr(copied, begin + equals + 1 - copied)).append(kHidden);
      copied = end;
    }
    begin = end + 1;
  }
  return copied == 0 ? target : std::string_view(room.append(target.substr(copied)));
}

}  // namespace vesta::audit
