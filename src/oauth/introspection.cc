// Introspection and revocation of tokens. https://www.rfc-editor.org/rfc/rfc7662
// https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html
#include "audit/own_events.h"
#include "oauth/answers.h"
#include "oauth/provider.h"

namespace vesta::oauth {
namespace {

constexpr int kDone = 200;

json::Value seconds(Instant instant) {
  return number(instant.value / 1'000'000);
}

}  // namespace

// A client that proves who it is may ask about any token that it has. Of one that is not valid it learns no more than
// that.
Result<http::Response> Provider::introspect(Asked& asked) {
  VESTA_TRY([[maybe_unused]] const auto asker, clients_.authenticate(asked, PublicClients::refused));
  VESTA_TRY(const std::string_view given, asked.form.need("token"));
  const auto verified = tokens_.verify(given);
  const auto inactive = [] { return secret_answer(object({{"active", truth(false)}})); };
  if (!verified.ok()) return inactive();
  const auto bearer = bearers_.of(*verified);
  if (!bearer.ok()) {
    if (bearer.error().category == Category::unauthenticated) return inactive();
    return bearer.error();
  }
  const auto& token = bearer->token;
  const auto& principal = bearer->principal;
  json::Value answer = object({{"active", truth(true)},
                               {"iss", text(addresses_.issuer)},
                               {"aud", text(addresses_.fhir_base)},
                               {"sub", text(subject_of(*token))},
                               {"client_id", text(token->client)},
                               {"scope", text(joined(principal->scopes))},
                               {"token_type", text("Bearer")},
                               {"jti", text(token->id)},
                               {"iat", seconds(token->issued_at)},
                               {"exp", seconds(token->expires_at)}});
  if (!token->patient.empty()) answer.members.push_back({"patient", text(token->patient)});
  add_fhir_user(addresses_, principal->fhir_user, answer.members);
  return secret_answer(answer);
}

// Whoever has the token may give it back; of one that is not known nothing happens, and nothing is said.
// https://www.rfc-editor.org/rfc/rfc7009
Result<http::Response> Provider::revoke(Asked& asked) {
  VESTA_TRY(const auto client, clients_.authenticate(asked, PublicClients::accepted));
  VESTA_TRY(const std::string_view given, asked.form.need("token"));
  VESTA_TRY(auto session, sessions_.find(given));
  if (session == nullptr) {
    const auto token = tokens_.verify(given);
    if (token.ok() && (*token)->session.empty() && (*token)->client == client->id) {
      return oauth_error(kUnsupportedTokenType, "A client's own token cannot be revoked; it ends within minutes.");
    }
    if (token.ok() && !(*token)->session.empty()) {
      VESTA_TRY(session, records_.session((*token)->session));
    }
  }
  if (session != nullptr && session->client == client->id) {
    asked.about.interaction = audit::kSignOut;
    VESTA_TRY([[maybe_unused]] const auto user, user_of(asked, session->user, session->patient));
    VESTA_CHECK_OK(asked.record(trail_, clock_, kDone));
    VESTA_CHECK_OK(sessions_.end(session->id));
  }
  return secret_answer(object({}));
}

}  // namespace vesta::oauth
