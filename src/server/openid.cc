// Checks of an OpenID provider's configuration; reading of its secret.
#include "server/openid.h"

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "http/ascii.h"
#include "net/client.h"

namespace vesta::server {
namespace {

Error invalid(std::string message) {
  return make_error(Category::invalid, std::move(message));
}

}  // namespace

Status check_openid(const ServeConfig& config) {
  const OpenIdConfig& openid = config.openid;
  if (openid.issuer.empty()) {
    const bool has_more = !openid.client_id.empty() || !openid.client_secret_file.empty() || !openid.name.empty() ||
                          !openid.ca_file.empty() || !openid.scopes.empty() || !openid.strong_acr.empty() ||
                          openid.is_only;
    return has_more ? Status(invalid("The options --openid-… need --openid-issuer.")) : kOk;
  }
  if (config.is_open) return invalid("--openid-issuer with --open: nobody signs in there.");
  if (openid.client_id.empty() || openid.client_secret_file.empty() || openid.name.empty()) {
    return invalid("--openid-issuer needs --openid-client-id, --openid-client-secret-file and --openid-name.");
  }
  const Status url = net::check_fetch_url(openid.issuer);
  if (!url.ok()) return invalid("--openid-issuer '" + openid.issuer + "': " + url.error().message + ".");
  if (openid.issuer.find('?') != std::string::npos) return invalid("--openid-issuer has no query.");
  return kOk;
}

Result<std::optional<oauth::ExternalSettings>> external_settings(const OpenIdConfig& config, oauth::Fetch fetch) {
  if (config.issuer.empty()) return std::optional<oauth::ExternalSettings>();
  std::ifstream file(config.client_secret_file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string_view secret = http::trim(std::string_view(text).substr(0, text.find_first_of("\r\n")));
  if (secret.empty())
    return invalid(config.client_secret_file + " cannot be read, or has no secret in its first line.");
  if (!config.ca_file.empty() && !std::ifstream(config.ca_file).is_open()) {
    return invalid(config.ca_file + " cannot be read.");
  }
  oauth::ExternalSettings settings;
  settings.issuer = config.issuer;
  settings.client_id = config.client_id;
  settings.client_secret = secret;
  settings.name = config.name;
  settings.scopes = config.scopes;
  settings.strong_acr = config.strong_acr;
  settings.passwords =
      config.is_only ? oauth::ExternalSettings::Passwords::off : oauth::ExternalSettings::Passwords::on;
  settings.fetch = std::move(fetch);
  return std::optional(std::move(settings));
}

}  // namespace vesta::server
