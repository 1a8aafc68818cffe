// Checks of a configuration as a whole.
#include "server/config.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "cache/redis_url.h"
#include "net/client.h"
#include "server/cors.h"
#include "server/openid.h"
#include "server/trusted_proxies.h"

namespace vesta::server {

bool is_loopback(const std::string& address) {
  if (address == "localhost" || address == "::1") return true;
  // 127.0.0.0/8, in the four-part form only: other spellings of it are refused with all the rest.
  int dots = 0;
  for (char c : address) {
    if (c == '.') ++dots;
    if (c != '.' && (c < '0' || c > '9')) return false;
  }
  return dots == 3 && address.starts_with("127.");
}

bool is_postgres(const StoreConfig& config) {
  return config.engine.starts_with("postgresql://") || config.engine.starts_with("postgres://");
}

bool has_role(const ServeConfig& config, std::string_view role) {
  return std::ranges::find(config.roles, role) != config.roles.end();
}

namespace {

constexpr std::string_view kRoles[] = {"api", "worker"};

Status check_roles(const ServeConfig& config, const StoreConfig& store) {
  for (const std::string& role : config.roles) {
    if (std::ranges::find(kRoles, role) != std::end(kRoles)) continue;
    return make_error(Category::invalid, "--roles: there is no role '" + role + "', but api and worker.");
  }
  if (config.roles.empty()) return make_error(Category::invalid, "--roles: a node has one at least.");
  const bool has_all = std::ranges::all_of(kRoles, [&](std::string_view role) { return has_role(config, role); });
  if (has_all || is_postgres(store)) return kOk;
  return make_error(Category::invalid, "--roles with a store that no other process can serve: it must have them all.");
}

Status check_notices(const ServeConfig& config) {
  const std::string& url = config.emergency_notice_url;
  if (url.empty()) {
    if (config.emergency_notice_ca_file.empty() && config.emergency_notice_secret_file.empty()) return kOk;
    return make_error(Category::invalid, "--emergency-notice-ca-file and -secret-file need --emergency-notice-url.");
  }
  if (config.is_open) {
    return make_error(Category::invalid, "--emergency-notice-url with --open: there is no audit log to tell of.");
  }
  const Status checked = net::check_fetch_url(url);
  if (checked.ok()) return kOk;
  return make_error(Category::invalid, "--emergency-notice-url " + url + ": " + checked.error().message);
}

}  // namespace

Status check(const ServeConfig& config, const StoreConfig& store) {
  VESTA_CHECK_OK(check_roles(config, store));
  if (config.is_open && !is_loopback(config.address)) {
    return make_error(Category::invalid, "--open serves on the loopback only, not on '" + config.address +
                                             "': anyone who can reach it could read and change everything.");
  }
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return make_error(Category::invalid, "TLS needs both --tls-certificate and --tls-key.");
  }
  if (!config.tls_client_ca.empty() && config.tls_certificate.empty()) {
    return make_error(Category::invalid, "--tls-client-ca needs TLS here: --tls-certificate and --tls-key.");
  }
  if (config.is_open && config.has_client_registration) {
    return make_error(Category::invalid, "--client-registration with --open: nobody is known there.");
  }
  if (config.is_open && !config.cors_origins.empty()) {
    return make_error(Category::invalid,
                      "--cors-origin with --open would let pages in a browser here read and change everything.");
  }
  VESTA_TRY([[maybe_unused]] const Cors cors, Cors::parse(config.cors_origins));
  VESTA_TRY([[maybe_unused]] const auto proxies, TrustedProxies::parse(config.trusted_proxies));
  if (!config.cache.empty()) {
    VESTA_TRY([[maybe_unused]] const auto url, cache::parse_redis_url(config.cache));
  }
  VESTA_CHECK_OK(check_notices(config));
  VESTA_CHECK_OK(check_openid(config));
  // Tokens and secrets are in every request. An https base URL says that something in front ends TLS.
  const bool has_tls = !config.tls_certificate.empty() || config.base_url.starts_with("https://");
  if (!is_loopback(config.address) && !has_tls) {
    return make_error(Category::invalid, "Serving on '" + config.address +
                                             "' needs TLS: --tls-certificate and --tls-key, or, behind a proxy that "
                                             "ends TLS, an https --base-url.");
  }
  return kOk;
}

}  // namespace vesta::server
