// Flow: what a page of the sign-in carries to the next. Device: what a browser keeps of a sign-in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "json/document.h"
#include "oauth/answers.h"
#include "oauth/authorization_request.h"

namespace vesta::oauth {

inline constexpr std::string_view kFlowCookie = "vesta_flow_";  // and the id of the flow: each tab has one of its own
inline constexpr std::size_t kFlowIdBytes = 12;
inline constexpr std::string_view kNamePurpose = "sign-in";  // of the state of the page that asks for a name

inline Error page_expired() {
  return oauth_error(kInvalidRequest, "This page has expired. Go back to the application and begin again.");
}

struct Flow {
  std::string id;
  AuthorizationRequest request;
  std::string secret;                // of the browser's cookie; only its digest is in the page
  std::string challenge;             // to a passkey, another one on each page
  std::string user;                  // id; empty until somebody has signed in
  std::string password;              // its mark, by which they have; or that of an identity, see external_identity.h
  std::string second_factor;         // the mark of the one that was proved beside it; empty: none was
  bool has_password = true;          // false: the passkey was proved alone
  std::vector<std::string> methods;  // of an OpenID provider's `amr`
  std::optional<Instant> signed_in;  // nullopt: not yet, or the provider does not say
  Instant left;                      // when they were sent to the provider
  std::string patient;               // id; empty until they have allowed it, and where none is in context

  std::string cookie_name() const { return std::string(kFlowCookie) + id; }

  // JSON for a SealedBox.
  std::string text() const;
  // All but the secret. Errors (invalid): it is not what text gave.
  static Result<Flow> read(const json::Value& value);
};

// It counts for no other password and no other second factor than it was made with: else whoever once knew a password
// would keep many, each with guesses of its own.
struct Device {
  std::string id;
  std::string name;           // of the user, as it was then
  std::string password;       // its mark, or that of an identity
  std::string second_factor;  // the mark of the one that was proved; empty: none was

  std::string text() const;
};

}  // namespace vesta::oauth
