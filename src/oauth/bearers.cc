// The header → the token → its client, session and user → the principal.
#include "oauth/bearers.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "access/scope.h"
#include "http/ascii.h"
#include "oauth/form.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kBearer = "Bearer ";

Error ended() {
  return make_error(Category::unauthenticated, "The token's session has ended.");
}

}  // namespace

Result<std::string_view> token_of(const http::Request& request) {
  const auto field = authorization_of(request);
  if (!field.ok()) return make_error(Category::unauthenticated, field.error().message);
  if (*field == nullptr) {
    return make_error(Category::unauthenticated, "An access token is needed: Authorization: Bearer …");
  }
  const std::string_view header = **field;
  if (!http::equals_ignoring_case(header.substr(0, kBearer.size()), kBearer)) {
    return make_error(Category::unauthenticated, "The Authorization header must be a Bearer token.");
  }
  return http::trim(header.substr(kBearer.size()));
}

Result<Bearer> Bearers::of(const http::Request& request) {
  VESTA_TRY(const std::string_view text, token_of(request));
  VESTA_TRY(auto token, tokens_.verify(text));
  return of(std::move(token));
}

Result<Bearer> Bearers::of(std::shared_ptr<const AccessToken> token) {
  Known now;
  VESTA_TRY(now.client, records_.client(token->client));
  if (now.client == nullptr || !now.client->is_active) {
    return make_error(Category::unauthenticated, "The token's client is not registered any more.");
  }
  if (!token->session.empty()) {
    VESTA_TRY(now.session, sessions_.running(token->session));
    if (now.session == nullptr || now.session->user != token->user || now.session->client != now.client->id) {
      return ended();
    }
    VESTA_TRY(now.user, records_.user(now.session->user));
    if (now.user == nullptr || !now.session->is_good_for(*now.user)) return ended();
  }
  const Instant until = now.session == nullptr ? token->expires_at : std::min(token->expires_at, now.session->expires);
  now.token = std::move(token);
  const auto is_now = [&now](const Known& known) {
    return known.token == now.token && known.client == now.client && known.session == now.session &&
           known.user == now.user;
  };
  {
    const MutexLock lock(mutex_);
    const Known* const known = known_.find(now.token->id);
    if (known != nullptr && is_now(*known)) return Bearer{known->token, known->principal, until};
  }
  now.principal = std::make_shared<const access::Principal>(principal_of(now));
  Bearer bearer{now.token, now.principal, until};
  const MutexLock lock(mutex_);
  known_.put(bearer.token->id, std::move(now));
  return bearer;
}

access::Principal Bearers::principal_of(const Known& known) {
  access::Principal principal;
  principal.client = known.client->id;
  principal.scopes = access::granted_scopes(known.token->scopes, known.client->scopes);
  if (known.session == nullptr) {
    principal.policies = known.client->policies;
    return principal;
  }
  principal.policies = known.user->policies;
  principal.fhir_user = known.user->fhir_user;
  principal.patient = known.session->patient;
  principal.user = known.token->user;
  return principal;
}

}  // namespace vesta::oauth
