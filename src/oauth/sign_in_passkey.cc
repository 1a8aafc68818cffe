// Signing in by a passkey: beside the password, or instead of it.
#include "base/instant.h"
#include "base/log.h"
#include "oauth/flow.h"
#include "oauth/sign_in.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kNotAccepted = "The passkey was not accepted.";

// What is refused, and is no failure of ours.
bool is_refusal(const Error& error) {
  return error.category == Category::invalid;
}

}  // namespace

identity::PasskeyRequest SignIn::passkey_request(const Flow& flow, identity::UserVerification verification) const {
  return {identity::relying_party_of(parts_.addresses.issuer), flow.challenge, verification};
}

// Its mark. Errors: those of Passkeys::use.
Result<std::string> SignIn::use_passkey(const Flow& flow, const access::User& user,
                                        identity::UserVerification verification, Asked& asked) const {
  VESTA_TRY(const SignedByPasskey by, read_signed(asked.form));
  const Passkeys::Challenge challenge{passkey_request(flow, verification), parts_.used_challenges,
                                      later_by(parts_.clock.now(), kSignInTime)};
  VESTA_TRY(std::string mark, parts_.passkeys.use(user, by, challenge, record_of_page(asked)));
  asked.is_recorded = true;
  return mark;
}

// Nobody guesses a signature, so that nobody has to wait.
Result<http::Response> SignIn::second_passkey(Flow& flow, const access::User& user, Asked& asked) const {
  auto mark = use_passkey(flow, user, identity::UserVerification::not_needed, asked);
  if (!mark.ok()) {
    if (!is_refusal(mark.error())) return mark.error();
    log_refusal("passkey: " + mark.error().message, flow, asked.request);
    return ask_for_factor(403, flow, user, std::string(kNotAccepted));
  }
  flow.second_factor = *std::move(mark);
  return admit(flow, user, asked);
}

// The page is that of a name and a password, so a password must be there, by whose mark what was begun ends with it.
Result<http::Response> SignIn::passkey(Asked& asked) const {
  if (!has_passwords()) return no_passwords();
  VESTA_TRY(Flow flow, open_flow(asked, kNamePurpose));
  const auto refused = [&](const std::string& reason) {
    log_refusal("passkey: " + reason, flow, asked.request);
    return ask_for_name(403, flow, {}, std::string(kNotAccepted));
  };
  const auto by = read_signed(asked.form);
  if (!by.ok()) return refused(by.error().message);
  VESTA_TRY(const std::string owner, parts_.passkeys.owner(by->id));
  VESTA_TRY(const auto user, parts_.records.user(owner));
  if (user == nullptr || !user->is_active || by->handle.empty()) return refused("unknown");
  asked.is_of(*user);
  VESTA_TRY(const auto password, parts_.passwords.mark(user->id));
  if (!password) return refused("the user has no password");
  auto mark = use_passkey(flow, *user, identity::UserVerification::needed, asked);
  if (!mark.ok()) return is_refusal(mark.error()) ? refused(mark.error().message) : mark.error();
  flow.user = user->id;
  flow.password = *password;
  flow.second_factor = *std::move(mark);
  flow.has_password = false;
  return admit(flow, *user, asked);
}

}  // namespace vesta::oauth
