// Flow: what a page of the sign-in carries to the next. Device: what a browser keeps of a sign-in.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "json/document.h"
#include "oauth/authorization_request.h"

namespace vesta::oauth {

struct Flow {
  std::string id;
  AuthorizationRequest request;
  std::string secret;         // of the browser's cookie; only its digest is in the page
  std::string user;           // id; empty until somebody has signed in
  std::string password;       // its mark, by which they have
  std::string second_factor;  // the mark of the one that was proved beside it; empty: none was
  Instant signed_in;
  std::string patient;  // id; empty until they have allowed it, and where none is in context

  // Each tab has one of its own.
  std::string cookie_name() const { return "vesta_flow_" + id; }

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
  std::string password;       // its mark
  std::string second_factor;  // the mark of the one that was proved; empty: none was

  std::string text() const;
};

}  // namespace vesta::oauth
