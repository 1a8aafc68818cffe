// AuthorizationCode: what a user has allowed, on its way through the browser to the client.
// https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "identity/sealed_box.h"
#include "oauth/authorization_request.h"
#include "oauth/used_once.h"

namespace vesta::oauth {

inline constexpr std::chrono::seconds kCodeLifetime{60};

struct AuthorizationCode {
  AuthorizationRequest request;
  std::string user;     // id
  std::string patient;  // id; empty: none in context
  std::string session;  // the id of the session that is opened for it
  Instant signed_in;
};

// Errors: too_large (the request is).
Result<std::string> seal_code(const identity::SealedBox& box, const AuthorizationCode& code);
// Errors (oauth_error): invalid_grant: altered or expired.
Result<AuthorizationCode> open_code(const identity::SealedBox& box, std::string_view text);

}  // namespace vesta::oauth
