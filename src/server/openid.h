// The OpenID provider at which a site's users sign in: what is configured of it.
#pragma once

#include <optional>

#include "base/result.h"
#include "oauth/external_provider.h"
#include "server/config.h"

namespace vesta::server {

// What cannot be served so, and why. Errors (invalid): a part of it is missing, or without an issuer; an issuer that
// cannot be asked; no access control.
Status check_openid(const ServeConfig& config);

// nullopt: there is none. Reads the file of the secret. Errors (invalid): it cannot be read, or is empty; the
// authorities cannot be read.
Result<std::optional<oauth::ExternalSettings>> external_settings(const OpenIdConfig& config, oauth::Fetch fetch);

}  // namespace vesta::server
