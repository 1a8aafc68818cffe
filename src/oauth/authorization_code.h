// AuthorizationCode: what a user has allowed, on its way through the browser to the client.
// https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "identity/sealed_box.h"
#include "oauth/authorization_request.h"

namespace vesta::oauth {

inline constexpr std::chrono::seconds kCodeLifetime{60};

struct AuthorizationCode {
  AuthorizationRequest request;
  std::string user;                  // id
  std::string patient;               // id; empty: none in context
  std::string encounter;             // id, chosen by the user; empty: none, or that of a launch
  std::string session;               // the id of the session that is opened for it
  std::string password;              // its mark, by which the user signed in; or that of an identity
  std::string second_factor;         // the mark of the one that was proved beside it; empty: none was
  bool has_password = true;          // false: they signed in by a passkey alone, which is in second_factor
  std::vector<std::string> methods;  // of an OpenID provider's `amr`, if that has signed them in
  std::optional<Instant> signed_in;  // nullopt: that does not say when
  Instant expires = {};              // of the code
};

// For kCodeLifetime from now on, which is its `expires`. Errors: too_large (the request is).
Result<std::string> seal_code(const identity::SealedBox& box, AuthorizationCode code, Instant now);
// invalid_grant, whatever is wrong with it.
Error invalid_code();
// Errors: invalid_code: altered, expired, or of a clock that was ahead.
Result<AuthorizationCode> open_code(const identity::SealedBox& box, std::string_view text, Instant now);

}  // namespace vesta::oauth
