// PasskeySetup: the pages from a link, which a command has made, to a passkey of who knows the password too.
// https://www.w3.org/TR/webauthn-2/#sctn-sample-registration
#pragma once

#include <string>
#include <string_view>

#include "access/records.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "identity/guess_throttle.h"
#include "identity/sealed_box.h"
#include "oauth/addresses.h"
#include "oauth/asked.h"
#include "oauth/passkeys.h"
#include "oauth/passwords.h"
#include "oauth/sessions.h"
#include "ops/host.h"

namespace vesta::oauth {

// What the pages work with; all of it outlives them.
struct PasskeySetupParts {
  const Addresses& addresses;
  ops::Host& service;
  access::Records& records;
  Passwords& passwords;
  Passkeys& passkeys;
  Sessions& sessions;
  bool has_passwords;  // false: nobody signs in by one, so nobody sets up what goes with it
  identity::GuessThrottle& throttle;
  const identity::SealedBox& box;
  audit::Trail* trail;  // null: nobody asks who has done what
  Clock& clock;
  Random& random;
};

// As with SignIn each page carries what came before, bound to a cookie of the browser. Thread-safe.
class PasskeySetup {
 public:
  explicit PasskeySetup(PasskeySetupParts parts) : parts_(parts) {}

  // 1. The link: asks for the password. Looking at it uses nothing up.
  Result<http::Response> begin(const Form& form) const;
  // 2. Who guesses waits, as they do where they sign in: the guesses are counted together.
  Result<http::Response> password(Asked& asked) const;
  // 3. The invitation is used up, and the user's sessions end, in one commit with the new passkey.
  Result<http::Response> add(Asked& asked) const;

 private:
  struct State;

  Result<std::shared_ptr<const access::User>> invited(std::string_view invitation) const;
  Result<State> open(Asked& asked, std::string_view purpose) const;
  Result<http::Response> ask_for_password(int status, const State& state, const access::User& user,
                                          std::string problem) const;
  Result<http::Response> ask_for_passkey(int status, State& state, const access::User& user, std::string problem) const;
  identity::PasskeyRequest request_of(const State& state) const;

  const PasskeySetupParts parts_;
};

}  // namespace vesta::oauth
