// The link → the password → the browser's passkey.
#include "oauth/passkey_setup.h"

#include <utility>

#include "audit/own_events.h"
#include "base/log.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/cookies.h"
#include "oauth/flow.h"
#include "oauth/pages.h"
#include "oauth/passkey_script.h"
#include "oauth/sign_in.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kPasswordPurpose = "passkey, the password";
constexpr std::string_view kAddPurpose = "passkey, to be added";

Error link_is_dead() {
  return oauth_error(kInvalidRequest, "This link is not good (any more). Ask those who run this server for another.");
}

std::string told(std::string_view reason) {
  if (reason == "known_already") return "This passkey is known here already.";
  if (reason == "too_many") return "You have too many passkeys. Ask those who run this server.";
  return "The passkey was not accepted.";
}

}  // namespace

// What a page carries to the next.
struct PasskeySetup::State {
  std::string id;
  std::string secret;  // of the browser's cookie; only its digest is in the page
  std::string invitation;
  std::string password;   // its mark; empty until it was proved
  std::string challenge;  // to the authenticator

  std::string cookie_name() const { return std::string(kFlowCookie) + id; }

  std::string text() const {
    std::string out;
    json::append_value(object({{"id", oauth::text(id)},
                               {"cookie", oauth::text(identity::digest_of_secret(secret))},
                               {"invitation", oauth::text(invitation)},
                               {"password", oauth::text(password)},
                               {"challenge", oauth::text(challenge)}}),
                       out);
    return out;
  }
};

// Null: the invitation is not good.
Result<std::shared_ptr<const access::User>> PasskeySetup::invited(std::string_view invitation) const {
  const std::shared_ptr<const access::User> nobody;
  if (!parts_.has_passwords) return nobody;
  VESTA_TRY(const auto user, parts_.records.user(Passkeys::user_of_invitation(invitation)));
  if (user == nullptr || !user->is_active) return nobody;
  VESTA_TRY(const bool is_invited, parts_.passkeys.is_invited(*user, invitation));
  return is_invited ? user : nobody;
}

Result<http::Response> PasskeySetup::begin(const Form& form) const {
  VESTA_TRY(const auto user, invited(form.get("invitation")));
  if (user == nullptr) return link_is_dead();
  State state;
  state.id = identity::new_secret(parts_.random).substr(0, kFlowIdBytes);
  state.secret = identity::new_secret(parts_.random);
  state.invitation = form.get("invitation");
  return ask_for_password(kPage, state, *user, {});
}

Result<PasskeySetup::State> PasskeySetup::open(Asked& asked, std::string_view purpose) const {
  const auto text = parts_.box.open(purpose, asked.form.get("state"));
  if (!text.ok()) return link_is_dead();
  VESTA_TRY(const json::Value value, json::parse_value(*text));
  State state;
  state.id = member_text(value, "id");
  state.secret = cookie(asked.request, state.cookie_name(), [&](std::string_view secret) {
    return identity::is_digest_of(secret, member_text(value, "cookie"));
  });
  if (state.secret.empty()) return link_is_dead();
  state.invitation = member_text(value, "invitation");
  state.password = member_text(value, "password");
  state.challenge = member_text(value, "challenge");
  return state;
}

Result<http::Response> PasskeySetup::ask_for_password(int status, const State& state, const access::User& user,
                                                      std::string problem) const {
  PasskeyPage page;
  page.action = parts_.addresses.path + std::string(kPasskeyPasswordPath);
  VESTA_TRY(page.sealed, parts_.box.seal(kPasswordPurpose, state.text(), kSignInTime));
  page.user = user.name;
  page.problem = std::move(problem);
  http::Response response = passkey_page(status, page);
  set_cookie(parts_.addresses, state.cookie_name(), state.secret, kSignInTime, response);
  return response;
}

Result<http::Response> PasskeySetup::password(Asked& asked) const {
  VESTA_TRY(State state, open(asked, kPasswordPurpose));
  VESTA_TRY(const auto user, invited(state.invitation));
  if (user == nullptr) return link_is_dead();
  asked.is_of(*user);
  const identity::SignInAttempt attempt{user->name, asked.request.remote_address, {}};
  if (const auto wait = parts_.throttle.begin(attempt)) {
    const auto seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count());
    VESTA_TRY(http::Response page, ask_for_password(429, state, *user, "Too many tries. Wait " + seconds + " s."));
    page.headers.add("Retry-After", seconds);
    return page;
  }
  const auto is_right = parts_.passwords.check(user->id, asked.form.get("password"));
  if (!is_right.ok()) {
    parts_.throttle.abandoned(attempt);
    return is_right.error();
  }
  if (!*is_right) return ask_for_password(403, state, *user, "The password is wrong.");
  parts_.throttle.succeeded(attempt);
  asked.about.interaction = audit::kFirstFactor;
  VESTA_TRY(const auto mark, parts_.passwords.mark(user->id));
  if (!mark) return link_is_dead();
  state.password = *mark;
  state.secret = identity::new_secret(parts_.random);  // who has seen the one before goes no further with it
  return ask_for_passkey(kPage, state, *user, {});
}

identity::PasskeyRequest PasskeySetup::request_of(const State& state) const {
  return {identity::relying_party_of(parts_.addresses.issuer), state.challenge, identity::UserVerification::not_needed};
}

Result<http::Response> PasskeySetup::ask_for_passkey(int status, State& state, const access::User& user,
                                                     std::string problem) const {
  state.challenge = identity::new_secret(parts_.random);
  VESTA_TRY(const Passkeys::Known known, parts_.passkeys.known(user));
  PasskeyPage page;
  VESTA_TRY(page.sealed, parts_.box.seal(kAddPurpose, state.text(), kSignInTime));
  page.user = user.name;
  page.problem = std::move(problem);
  page.passkey = {parts_.addresses.path + std::string(kPasskeyAddPath), parts_.addresses.url(kPasskeyScriptPath),
                  options_to_create(request_of(state), known.ids, known.handle, user.name)};
  http::Response response = passkey_page(status, page);
  set_cookie(parts_.addresses, state.cookie_name(), state.secret, kSignInTime, response);
  return response;
}

Result<http::Response> PasskeySetup::add(Asked& asked) const {
  VESTA_TRY(State state, open(asked, kAddPurpose));
  VESTA_TRY(const auto user, invited(state.invitation));
  if (user == nullptr) return link_is_dead();
  asked.is_of(*user);
  VESTA_TRY(const auto password, parts_.passwords.mark(user->id));
  if (!password || *password != state.password) return link_is_dead();
  const auto commit = [&](const std::vector<ops::Property>& properties,
                          const std::vector<ops::ExpectedProperty>& expected) -> Status {
    VESTA_CHECK_OK(asked.record(parts_.trail, parts_.clock, kPage));
    ops::Context context = parts_.service.as_system();
    VESTA_CHECK_OK(parts_.sessions.end_all_of(context, user->id, properties, expected));
    // Again those that were opened meanwhile; what is opened from now on is asked for the passkey.
    const Status rest = parts_.sessions.end_all_of(context, user->id, {});
    if (!rest.ok())
      log::warning("a session may not have ended", {{"reason", rest.error().message}, {"user", user->id}});
    return kOk;
  };
  const auto created = read_created(asked.form);
  const Status added = created.ok() ? parts_.passkeys.add(*user, state.invitation, *created, request_of(state), commit)
                                    : Status(created.error());
  if (!added.ok()) {
    if (added.error().category != Category::invalid || asked.is_recorded) return added.error();
    log::info("a passkey was refused", {{"reason", added.error().message}, {"user", user->id}});
    return ask_for_passkey(403, state, *user, told(added.error().message));
  }
  log::info("a passkey was added", {{"user", user->id}});
  http::Response response = passkey_done_page();
  set_cookie(parts_.addresses, state.cookie_name(), "", std::chrono::seconds(0), response);
  return response;
}

}  // namespace vesta::oauth
