// The token endpoint. https://www.rfc-editor.org/rfc/rfc6749#section-3.2
// https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-access-token
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "access/scope.h"
#include "audit/own_events.h"
#include "base/instant.h"
#include "base/log.h"
#include "identity/pkce.h"
#include "oauth/answers.h"
#include "oauth/authorization_code.h"
#include "oauth/external_identity.h"
#include "oauth/passkeys.h"
#include "oauth/provider.h"

namespace vesta::oauth {
namespace {

constexpr int kIssued = 200;

// What a client may be given that acts for itself: nobody has signed in, so there is no user's or patient's.
std::vector<std::string> system_scopes(const std::vector<std::string>& scopes) {
  std::vector<std::string> kept;
  std::ranges::copy_if(scopes, std::back_inserter(kept), [](const std::string& each) {
    const auto scope = access::parse_scope(each);
    return scope && scope->context == access::Scope::Context::system;
  });
  return kept;
}

// How they signed in. Of a passkey nothing says whether its key is in hardware: it proves possession of one, with a
// touch. https://www.rfc-editor.org/rfc/rfc8176#section-2
json::Value methods_of(const AuthorizationCode& code) {
  if (is_external_mark(code.password)) {
    std::vector<std::string> methods = code.methods;
    if (code.second_factor.empty() || code.second_factor == kExternalFactor) return texts(methods);
    methods.emplace_back(Passkeys::is_mark(code.second_factor) ? "pop" : "otp");
    methods.emplace_back("mfa");
    return texts(methods);
  }
  if (code.second_factor.empty()) return texts({"pwd"});
  if (!Passkeys::is_mark(code.second_factor)) return texts({"pwd", "otp", "mfa"});
  return code.has_password ? texts({"pwd", "pop", "user", "mfa"}) : texts({"pop", "user", "mfa"});
}

// https://www.rfc-editor.org/rfc/rfc6749#section-5.1
json::Value token_answer(const AccessTokens::Issued& issued, const std::vector<std::string>& scopes) {
  return object({{"access_token", text(issued.text)},
                 {"token_type", text("Bearer")},
                 {"expires_in", number(issued.lifetime.count())},
                 {"scope", text(joined(scopes))}});
}

}  // namespace

Result<http::Response> Provider::token(Asked& asked) {
  VESTA_TRY(const std::string_view grant_type, asked.form.need("grant_type"));
  if (grant_type == "client_credentials") return client_credentials(asked);
  if (grant_type == "authorization_code") return exchange_code(asked);
  if (grant_type == "refresh_token") return refresh(asked);
  return oauth_error(kUnsupportedGrantType,
                     "grant_type must be authorization_code, refresh_token or client_credentials.");
}

// https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html
Result<http::Response> Provider::client_credentials(Asked& asked) {
  asked.about.interaction = audit::kClientCredentials;
  VESTA_TRY(const auto client, clients_.authenticate(asked, PublicClients::refused));
  VESTA_TRY(const std::string_view wanted, asked.form.need("scope"));
  const auto scopes = system_scopes(access::granted_scopes(words_of(wanted), client->scopes));
  if (scopes.empty()) {
    return oauth_error(kInvalidScope, "None of these scopes is registered for the client, which acts for itself.");
  }
  VESTA_TRY(const AccessTokens::Issued issued, tokens_.issue({client->id, scopes, {}, {}, {}}));
  return secret_answer(token_answer(issued, scopes));
}

// Of a code or a session, as the audit log will name them; null: there is no such user any more.
Result<std::shared_ptr<const access::User>> Provider::user_of(Asked& asked, const std::string& id,
                                                              const std::string& patient) {
  asked.about.user = id;
  asked.about.patient = patient;
  VESTA_TRY(auto user, records_.user(id));
  if (user != nullptr) asked.is_of(*user);
  return user;
}

// Two have the code: one of them has stolen it. The other may be on its way to open the session just now.
// https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
Error Provider::replayed(Asked& asked, const NewSession& session) {
  asked.about.interaction = audit::kCodeReuse;
  log::warning("a code came again: its session ends", {{"session", session.id}});
  const Status refused = sessions_.refuse(session);
  return refused.ok() ? invalid_code() : refused.error();
}

// https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
Result<http::Response> Provider::exchange_code(Asked& asked) {
  const Form& form = asked.form;
  asked.about.interaction = audit::kAuthorizationCode;
  VESTA_TRY(const auto client, clients_.authenticate(asked, PublicClients::accepted));
  VESTA_TRY(const std::string_view sealed, form.need("code"));
  VESTA_TRY(const AuthorizationCode code, open_code(*box_, sealed, clock_.now()));
  // OAuth 2.1 does not send it again: PKCE says more. https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1
  const std::string* const redirect_uri = form.find("redirect_uri");
  if (redirect_uri != nullptr && *redirect_uri != code.request.redirect_uri) return invalid_code();
  if (code.request.client != client->id) return invalid_code();
  if (!identity::verify_code(code.request.code_challenge, form.get("code_verifier")).ok()) return invalid_code();
  VESTA_TRY(const auto user, user_of(asked, code.user, code.patient));
  bool may_sign_in = user != nullptr && user->is_active;
  if (may_sign_in) {
    VESTA_TRY(may_sign_in, is_first_factor(passwords_, *user, code.password));
  }
  if (may_sign_in) {
    VESTA_TRY(may_sign_in, second_factors_.is_proved(*user, code.second_factor));
  }
  const NewSession session{code.session,
                           client->id,
                           code.user,
                           may_sign_in ? user->version : VersionId{},
                           code.patient,
                           code.request.scopes,
                           !code.second_factor.empty(),
                           user == nullptr ? std::nullopt : identity_of_mark(*user, code.password)};
  if (!may_sign_in) {
    VESTA_CHECK_OK(sessions_.refuse(session));
    return invalid_code();
  }
  VESTA_CHECK_OK(
      asked.record(trail_, clock_, kIssued));   // before the code is used up: without it there is no other try
  const auto opened = sessions_.open(session);  // uses the code up: there can be one session of it
  if (!opened.ok()) {
    return opened.error().category == Category::conflict ? replayed(asked, session) : opened.error();
  }
  // Who has set up a passkey meanwhile has ended the sessions that were there then.
  VESTA_TRY(const bool is_still_proved, second_factors_.is_proved(*user, code.second_factor));
  if (!is_still_proved) {
    VESTA_CHECK_OK(sessions_.end(code.session));
    return invalid_code();
  }
  AccessToken token{client->id, code.request.scopes, code.user, code.session, code.patient};
  token.latest_end = opened->expires;
  VESTA_TRY(json::Value answer, user_answer(token));
  add_launch(code.request.launch, answer.members);
  if (!code.encounter.empty()) answer.members.push_back({std::string(kEncounterMember), text(code.encounter)});
  if (!opened->refresh_token.empty()) answer.members.push_back({"refresh_token", text(opened->refresh_token)});
  if (code.request.asks_for("openid")) answer.members.push_back({"id_token", text(id_token(code, *user))});
  return secret_answer(answer);
}

// https://www.rfc-editor.org/rfc/rfc6749#section-6
Result<http::Response> Provider::refresh(Asked& asked) {
  const Form& form = asked.form;
  asked.about.interaction = audit::kRefreshToken;
  VESTA_TRY(const std::string_view token, form.need("refresh_token"));
  // A public client proves nothing by its id: widely used ones leave it out, and the token says whose it is.
  VESTA_TRY(const auto of_token, sessions_.find(token));
  const std::string presumed = of_token == nullptr ? std::string() : of_token->client;
  VESTA_TRY(const auto client, clients_.authenticate(asked, PublicClients::accepted, presumed));
  std::shared_ptr<const access::User> user;
  if (of_token != nullptr) {
    VESTA_TRY(user, user_of(asked, of_token->user, of_token->patient));
  }
  const auto refused = [&](const Error& error) {
    if (Sessions::is_reuse(error)) asked.about.interaction = audit::kRefreshReuse;
    return error;
  };
  const auto found = sessions_.of_refresh_token(token, client->id);
  if (!found.ok()) return refused(found.error());
  const access::Session* const session = found->get();
  if (user == nullptr || !session->is_good_for(*user)) {
    return oauth_error(kInvalidGrant, "The user may not go on without signing in again.");
  }
  std::vector<std::string> scopes = session->scopes;
  if (const std::string* const fewer = form.find("scope")) {
    std::erase_if(scopes, [words = words_of(*fewer)](const std::string& each) {
      return std::ranges::find(words, each) == words.end();
    });
    if (scopes.empty()) return oauth_error(kInvalidScope, "The user has allowed none of these scopes.");
  }
  AccessToken issued{client->id, std::move(scopes), session->user, session->id, session->patient};
  issued.latest_end = session->expires;
  VESTA_TRY(json::Value answer, user_answer(issued));
  // Last, and after the record: what is refused uses nothing up.
  VESTA_CHECK_OK(asked.record(trail_, clock_, kIssued));
  const auto next = sessions_.rotate(token, client->id);
  if (!next.ok()) return refused(next.error());
  answer.members.push_back({"refresh_token", text(*next)});
  return secret_answer(answer);
}

Result<json::Value> Provider::user_answer(const AccessToken& token) {
  VESTA_TRY(const AccessTokens::Issued issued, tokens_.issue(token));
  json::Value answer = token_answer(issued, token.scopes);
  if (!token.patient.empty()) answer.members.push_back({"patient", text(token.patient)});
  return answer;
}

// https://openid.net/specs/openid-connect-core-1_0.html#IDToken
std::string Provider::id_token(const AuthorizationCode& code, const access::User& user) {
  identity::Claims claims;
  claims.issuer = addresses_.issuer;
  claims.subject = code.user;
  claims.audiences = {code.request.client};
  claims.issued_at = clock_.now();
  claims.expires_at = later_by(*claims.issued_at, kUserTokenLifetime);
  if (code.signed_in) claims.others.push_back({"auth_time", number(code.signed_in->value / 1'000'000)});
  if (json::Value methods = methods_of(code); !methods.items.empty()) {
    claims.others.push_back({"amr", std::move(methods)});
  }
  claims.others.push_back({"acr", text(code.second_factor.empty() ? kOneFactor : kTwoFactors)});
  if (!code.request.nonce.empty()) claims.others.push_back({"nonce", text(code.request.nonce)});
  if (code.request.asks_for("fhirUser")) add_fhir_user(addresses_, user.fhir_user, claims.others);
  return identity::sign_jwt(*keys_.signing_key(kIdTokenAlgorithm), "JWT", claims);
}

}  // namespace vesta::oauth
