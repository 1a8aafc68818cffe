// SignIn: the pages from a client's request to the code that it gets.
// https://www.rfc-editor.org/rfc/rfc6749#section-4.1
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/grants.h"
#include "access/records.h"
#include "audit/request_audit.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "identity/guess_throttle.h"
#include "identity/password.h"
#include "identity/sealed_box.h"
#include "oauth/addresses.h"
#include "oauth/asked.h"
#include "oauth/authorization_code.h"
#include "oauth/authorization_request.h"
#include "oauth/choices.h"
#include "oauth/external_provider.h"
#include "oauth/flow.h"
#include "oauth/passkeys.h"
#include "oauth/passwords.h"
#include "oauth/second_factors.h"
#include "oauth/used_once.h"
#include "ops/host.h"
#include "store/store.h"

namespace vesta::oauth {

inline constexpr std::chrono::minutes kSignInTime{10};  // for each page

// What the pages work with; all of it outlives them.
struct SignInParts {
  const Addresses& addresses;
  ops::Host& service;
  store::Store& store;
  access::Records& records;
  access::Grants& grants;
  Passwords& passwords;
  SecondFactors& second_factors;
  Passkeys& passkeys;
  identity::GuessThrottle& throttle;
  const identity::SealedBox& box;
  UsedOnce& used_launches;
  UsedOnce& used_challenges;
  audit::Trail* trail;         // null: nobody asks who has seen what
  ExternalProvider* external;  // null: nobody signs in by one
  Clock& clock;
  Random& random;
};

// Nothing is kept here between the pages: each carries what came before, sealed, and bound to a cookie of the browser
// that began, so that nobody goes on with what another has begun. Thread-safe.
class SignIn {
 public:
  explicit SignIn(SignInParts parts) : parts_(parts) {}

  // Does anybody sign in here by what they have proved here alone?
  bool has_passwords() const;

  // 1. The client and its address must be known: else the user is told, and nothing leads back. 2. What else is wrong
  // is sent back to the client. 3. The user is asked to sign in.
  Result<http::Response> authorize(const Form& form) const;
  // A wrong password is told as an unknown name is. Who guesses waits.
  Result<http::Response> sign_in(Asked& asked) const;
  // Of users who have one, after the password: a code or a passkey. Who guesses codes waits, from wherever they come:
  // they know the password.
  Result<http::Response> second_factor(Asked& asked) const;
  // By a passkey instead of a name and a password: one that knows whose it is, and has made sure who was there.
  Result<http::Response> passkey(Asked& asked) const;
  // To an OpenID provider, and back from it, by whom it has signed in. Who makes its codes up waits.
  Result<http::Response> go_away(Asked& asked) const;
  Result<http::Response> come_back(Asked& asked) const;
  // Leads back to the client: with a code, or with access_denied; or to the choice of an encounter, if one is asked for
  // and there is any.
  Result<http::Response> consent(Asked& asked) const;
  // Of an encounter of the patient, or of none. Leads back to the client.
  Result<http::Response> encounter(Asked& asked) const;

 private:
  static void log_refusal(std::string_view reason, const Flow& flow, const http::Request& request);
  static Error no_passwords();
  Result<http::Response> let_in(Flow& flow, const ExternalSubject& subject, Asked& asked) const;
  Result<http::Response> came_to_nothing(Flow& flow, const Asked& asked, const Error& error) const;
  // Asks for a second factor, if there is one here.
  Result<http::Response> after_first_factor(Flow& flow, const access::User& user, Asked& asked) const;
  // With a new challenge to a passkey, as the next.
  Result<http::Response> ask_for_name(int status, Flow& flow, std::string_view name, std::string problem) const;
  Result<http::Response> ask_for_factor(int status, Flow& flow, const access::User& user, std::string problem) const;
  identity::PasskeyRequest passkey_request(const Flow& flow, identity::UserVerification verification) const;
  Result<std::string> use_passkey(const Flow& flow, const access::User& user, identity::UserVerification verification,
                                  Asked& asked) const;
  Result<http::Response> second_code(Flow& flow, const access::User& user, Asked& asked) const;
  Result<http::Response> second_passkey(Flow& flow, const access::User& user, Asked& asked) const;
  std::string record_of_page(Asked& asked) const;
  static std::string too_many_tries(std::chrono::nanoseconds wait);
  static http::Response has_to_wait(http::Response page, std::chrono::nanoseconds time);
  // Who has proved all that is asked of them: a page for consent.
  Result<http::Response> admit(Flow& flow, const access::User& user, Asked& asked) const;
  // Is it this user's, in time, and of what they may see?
  Result<bool> may_launch(const Flow& flow, const access::User& user) const;
  http::Response launch_refused(const Flow& flow, Asked& asked) const;
  // `asked`: which is answered by it, for the audit of whom it names.
  Result<http::Response> ask_for_consent(int status, const Flow& flow, const access::User& user, const Asked& asked,
                                         std::string problem) const;
  // nullopt: there is no encounter to choose.
  Result<std::optional<http::Response>> ask_for_encounter(int status, const Flow& flow, const access::User& user,
                                                          const Asked& asked, std::string problem) const;
  Result<http::Response> lead_back(const Flow& flow, Asked& asked, std::string encounter) const;
  std::shared_ptr<audit::RequestAudit> audit_of(const Asked& asked) const;
  Result<std::shared_ptr<const access::Grant>> grant_of(const Flow& flow, const access::User& user) const;
  Result<std::vector<Choice>> choices_of(const Flow& flow, const access::User& user,
                                         std::shared_ptr<access::Witness> witness) const;
  // Who has signed in, if all holds that they have signed in by; null: it does not.
  Result<std::shared_ptr<const access::User>> still_signed_in(const Flow& flow) const;
  Result<Flow> open_flow(Asked& asked, std::string_view purpose) const;
  Result<Flow> open_flow(Asked& asked, std::string_view purpose, std::string_view sealed) const;
  Result<std::string> patient_of(const Flow& flow, const access::User& user, const Form& form) const;
  std::vector<Device> devices_of(const http::Request& request, std::string_view name) const;
  Result<std::string> known_device(const http::Request& request, std::string_view name) const;
  void remember_device(const Flow& flow, const access::User& user, http::Response& response) const;

  const SignInParts parts_;
};

}  // namespace vesta::oauth
