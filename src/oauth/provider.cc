// Which endpoint a path is.
#include "oauth/provider.h"

#include <algorithm>
#include <utility>

#include "audit/own_events.h"
#include "base/log.h"
#include "base/reason.h"
#include "http/ascii.h"
#include "identity/jwks.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/pages.h"
#include "oauth/passkey_script.h"
#include "oauth/secrets.h"
#include "ops/context.h"
#include "ops/own_writes.h"

namespace vesta::oauth {
namespace {

constexpr int kCreated = 201;
constexpr int kKeysMaxAge = 300;  // seconds; well below identity::kAnnouncement

enum class Methods { get, post, both };
enum class Audience { clients, browsers };  // errors are JSON, or a page
enum class Below { issuer, fhir_base };

std::string_view names_of(Methods methods) {
  switch (methods) {
    case Methods::get:
      return "GET, HEAD";
    case Methods::post:
      return "POST";
    case Methods::both:
      break;
  }
  return "GET, HEAD, POST";
}

bool allows(Methods methods, http::Method method) {
  if (method == http::Method::post) return methods != Methods::get;
  return methods != Methods::post && (method == http::Method::get || method == http::Method::head);
}

http::Response not_allowed(Methods methods) {
  http::Response response;
  response.status = 405;
  response.headers.add("Allow", std::string(names_of(methods)));
  return response;
}

http::Response error_page(const Error& error) {
  if (is_oauth_error(error)) return problem_page(400, error.message);
  switch (error.category) {
    case Category::too_large:
      return problem_page(413, "The request is too large.");
    case Category::busy:
    case Category::unavailable: {
      http::Response response = problem_page(503, "This is not possible just now. Try again.");
      response.headers.add("Retry-After", "1");
      return response;
    }
    default:
      return problem_page(500, "Something went wrong on our side.");
  }
}

void log_failure(std::string_view path, const Error& error) {
  if (is_oauth_error(error) || error.category == Category::too_large) return;
  const bool may_pass = error.category == Category::busy || error.category == Category::unavailable ||
                        error.category == Category::throttled;
  log::write(may_pass ? log::Level::warning : log::Level::error, "an endpoint failed",
             {{"path", path}, {"reason", reason_of(error)}});
}

}  // namespace

struct Provider::Endpoint {
  std::string_view name;  // in the log and in metrics
  std::string_view path;
  Methods methods;
  Audience audience;
  Result<http::Response> (Provider::*answer)(Asked&);
  std::string_view event = {};  // in the audit log; empty: it decides nothing
  Below below = Below::issuer;
};

const std::vector<Provider::Endpoint>& Provider::endpoints() {
  static const std::vector<Endpoint> all = {
      {"oauth-token", kTokenPath, Methods::post, Audience::clients, &Provider::token, audit::kToken},
      {"oauth-introspect", kIntrospectionPath, Methods::post, Audience::clients, &Provider::introspect,
       audit::kIntrospect},
      {"oauth-revoke", kRevocationPath, Methods::post, Audience::clients, &Provider::revoke, audit::kRevoke},
      {"oauth-register", kRegistrationPath, Methods::post, Audience::clients, &Provider::register_client,
       audit::kRegister},
      {"oauth-launch", kLaunchPath, Methods::post, Audience::clients, &Provider::launch, audit::kLaunch},
      {"oauth-userinfo", kUserInfoPath, Methods::both, Audience::clients, &Provider::user_info, audit::kUserInfo},
      {"oauth-jwks", kKeysPath, Methods::get, Audience::clients, &Provider::keys},
      {"oauth-metadata", kServerMetadataPath, Methods::get, Audience::clients, &Provider::server_metadata},
      {"oauth-openid", kOpenIdConfigurationPath, Methods::get, Audience::clients, &Provider::server_metadata},
      {"oauth-smart",
       kSmartConfigurationPath,
       Methods::get,
       Audience::clients,
       &Provider::smart_configuration,
       {},
       Below::fhir_base},
      {"oauth-authorize", kAuthorizePath, Methods::both, Audience::browsers, &Provider::authorize},
      {"oauth-sign-in", kSignInPath, Methods::post, Audience::browsers, &Provider::sign_in, audit::kSignIn},
      {"oauth-second-factor", kSecondFactorPath, Methods::post, Audience::browsers, &Provider::second_factor,
       audit::kSignIn},
      {"oauth-passkey", kPasskeyPath, Methods::post, Audience::browsers, &Provider::passkey, audit::kSignIn},
      {"oauth-passkey-script", kPasskeyScriptPath, Methods::get, Audience::browsers, &Provider::passkey_script},
      {"oauth-passkey-setup", kPasskeySetupPath, Methods::get, Audience::browsers, &Provider::begin_passkey},
      {"oauth-passkey-password", kPasskeyPasswordPath, Methods::post, Audience::browsers, &Provider::passkey_password,
       audit::kSignIn},
      {"oauth-passkey-add", kPasskeyAddPath, Methods::post, Audience::browsers, &Provider::add_passkey,
       audit::kAddPasskey},
      {"oauth-external", kExternalPath, Methods::post, Audience::browsers, &Provider::go_away},
      {"oauth-callback", kCallbackPath, Methods::get, Audience::browsers, &Provider::come_back, audit::kSignIn},
      {"oauth-consent", kConsentPath, Methods::post, Audience::browsers, &Provider::consent, audit::kConsent},
      {"oauth-encounter", kEncounterPath, Methods::post, Audience::browsers, &Provider::encounter, audit::kConsent},
  };
  return all;
}

std::vector<std::string> Provider::names_of_endpoints() {
  std::vector<std::string> names;
  for (const Endpoint& each : endpoints()) names.emplace_back(each.name);
  return names;
}

Provider::Provider(ops::Host& service, store::Store& store, access::Records& records, access::Grants& grants,
                   Clock& clock, Random& random, audit::Trail* trail, Metrics* metrics, ProviderSettings settings)
    : service_(service),
      store_(store),
      records_(records),
      grants_(grants),
      clock_(clock),
      random_(random),
      trail_(trail),
      addresses_(service.base_url),
      keys_(store, clock),
      used_assertions_("oauth.used", store, clock),
      used_launches_("oauth.launched", store, clock),
      used_challenges_("oauth.challenge", store, clock),
      tokens_(addresses_, keys_, clock, random),
      client_keys_(std::move(settings.fetch), clock),
      clients_(addresses_, records, client_keys_, used_assertions_, clock),
      sessions_(service, records, clock, random),
      bearers_(tokens_, records, sessions_),
      admissions_(tokens_, bearers_, grants),
      gate_(clock, settings.hashes),
      hasher_(gate_, random, settings.passwords),
      passwords_(store, service.definitions, records, hasher_),
      passkeys_(store, clock),
      second_factors_(store, clock, passkeys_),
      throttle_(clock),
      log_(clock, metrics, settings.access_log, names_of_endpoints()),
      registration_(settings.registration),
      registrations_(clock),
      paths_(paths_of_endpoints()) {
  if (settings.external) external_.emplace(*std::move(settings.external), addresses_.url(kCallbackPath), clock);
}

Status Provider::load() {
  VESTA_CHECK_OK(keys_.load());
  VESTA_CHECK_OK(used_assertions_.load());
  VESTA_CHECK_OK(used_launches_.load());
  VESTA_CHECK_OK(used_challenges_.load());
  VESTA_TRY(auto seal_keys, load_seal_keys(store_, random_));
  box_.emplace(std::move(seal_keys), clock_, random_);
  pages_.emplace(SignInParts{addresses_, service_, store_, records_, grants_, passwords_, second_factors_, passkeys_,
                             throttle_, *box_, used_launches_, used_challenges_, trail_,
                             external_ ? &*external_ : nullptr, clock_, random_});
  passkey_pages_.emplace(PasskeySetupParts{addresses_, service_, records_, passwords_, passkeys_, sessions_,
                                           pages_->has_passwords(), throttle_, *box_, trail_, clock_, random_});
  return kOk;
}

std::optional<http::Response> Provider::handle(const http::Request& request) {
  const auto found = paths_.find(request.path);
  if (found == paths_.end()) return std::nullopt;
  const Endpoint* const endpoint = found->second;
  const log::RequestScope scope(request.id);
  const auto begin = clock_.monotonic();
  http::Response response = respond(*endpoint, request);
  const auto place = static_cast<std::size_t>(endpoint - endpoints().data());
  log_.observe(request, place, response, clock_.monotonic() - begin);
  return response;
}

// By the paths of requests.
std::unordered_map<std::string, const Provider::Endpoint*> Provider::paths_of_endpoints() const {
  std::unordered_map<std::string, const Endpoint*> paths;
  for (const Endpoint& each : endpoints()) {
    if (each.path == kRegistrationPath && registration_ == Registration::off) continue;
    const std::string_view base = each.below == Below::issuer ? addresses_.path : addresses_.fhir_path;
    paths.emplace(std::string(base).append(each.path), &each);
    // https://www.rfc-editor.org/rfc/rfc8414#section-3.1: before the path of the issuer
    if (each.path == kServerMetadataPath) paths.emplace(std::string(each.path).append(addresses_.path), &each);
  }
  return paths;
}

http::Response Provider::respond(const Endpoint& endpoint, const http::Request& request) {
  if (!allows(endpoint.methods, request.method)) return not_allowed(endpoint.methods);
  const auto refused = [&](const Error& error) {
    log_failure(endpoint.path, error);
    return endpoint.audience == Audience::browsers ? error_page(error) : error_answer(error);
  };
  Asked asked{request, {}, record_of(endpoint, request)};
  auto answered = answer(endpoint, asked);
  http::Response response = answered.ok() ? std::move(*answered) : refused(answered.error());
  const Status recorded = asked.record(trail_, clock_, response.status);
  return recorded.ok() ? std::move(response) : refused(recorded.error());
}

Result<http::Response> Provider::answer(const Endpoint& endpoint, Asked& asked) {
  const bool has_form = asked.request.method == http::Method::post && endpoint.path != kUserInfoPath &&
                        endpoint.path != kRegistrationPath;
  VESTA_TRY(asked.form, has_form ? Form::of_body(asked.request) : Form::of_query(asked.request));
  return (this->*endpoint.answer)(asked);
}

audit::Record Provider::record_of(const Endpoint& endpoint, const http::Request& request) const {
  audit::Record about;
  about.request = request.id;
  about.address = request.remote_address;
  about.server = addresses_.fhir_base;
  about.method = http::to_string(request.method);
  about.path = request.path;
  about.interaction = endpoint.event;
  return about;
}

Result<http::Response> Provider::authorize(Asked& asked) {
  return pages_->authorize(asked.form);
}

Result<http::Response> Provider::sign_in(Asked& asked) {
  return pages_->sign_in(asked);
}

Result<http::Response> Provider::second_factor(Asked& asked) {
  return pages_->second_factor(asked);
}

Result<http::Response> Provider::passkey(Asked& asked) {
  return pages_->passkey(asked);
}

Result<http::Response> Provider::passkey_script(Asked& /*asked*/) {
  return oauth::passkey_script();
}

Result<http::Response> Provider::begin_passkey(Asked& asked) {
  return passkey_pages_->begin(asked.form);
}

Result<http::Response> Provider::passkey_password(Asked& asked) {
  return passkey_pages_->password(asked);
}

Result<http::Response> Provider::add_passkey(Asked& asked) {
  return passkey_pages_->add(asked);
}

Result<http::Response> Provider::go_away(Asked& asked) {
  return pages_->go_away(asked);
}

Result<http::Response> Provider::come_back(Asked& asked) {
  return pages_->come_back(asked);
}

Result<http::Response> Provider::consent(Asked& asked) {
  return pages_->consent(asked);
}

Result<http::Response> Provider::encounter(Asked& asked) {
  return pages_->encounter(asked);
}

// https://www.rfc-editor.org/rfc/rfc7591#section-3
Result<http::Response> Provider::register_client(Asked& asked) {
  VESTA_CHECK_OK(registrations_.admit(asked.request.remote_address));
  const std::string_view type = asked.request.headers.get("Content-Type");
  if (!http::equals_ignoring_case(http::trim(type.substr(0, type.find(';'))), "application/json")) {
    return oauth_error(kInvalidClientMetadata, "The body must be application/json.");
  }
  VESTA_TRY(const ClientMetadata metadata, read_client_metadata(asked.request.body));
  VESTA_CHECK_OK(registrations_.admit_client());
  const std::string id = service_.uuids.next();
  const std::string secret = metadata.has_secret() ? identity::new_secret(random_) : std::string();
  const std::string digest = secret.empty() ? std::string() : identity::digest_of_secret(secret);
  asked.about.client = id;
  VESTA_CHECK_OK(asked.record(trail_, clock_, kCreated));
  ops::Context context = service_.as_system();
  VESTA_CHECK_OK(ops::put_own(context, client_resource(id, metadata, digest), VersionId{}));
  log::info("a client has registered itself", {{"client", id}, {"address", asked.request.remote_address}});
  return secret_answer(registration_answer(id, metadata, secret, clock_.now()), kCreated);
}

Result<http::Response> Provider::keys(Asked&) {
  VESTA_TRY(const json::Value keys, json::parse_value(identity::write_jwks(keys_.verifying_keys())));
  return public_answer(keys, kKeysMaxAge);
}

Result<http::Response> Provider::refused_bearer(const http::Request& request, const Error& error) {
  if (error.category != Category::unauthenticated) return error;
  const bool has_token = request.headers.find("Authorization") != nullptr;
  return bearer_refusal(has_token ? BearerFault::invalid_token : BearerFault::no_token, error.message);
}

// https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
Result<http::Response> Provider::user_info(Asked& asked) {
  const auto bearer = bearers_.of(asked.request);
  if (!bearer.ok()) return refused_bearer(asked.request, bearer.error());
  const auto& token = bearer->token;
  const auto& principal = bearer->principal;
  asked.is_of(*principal);
  const auto has = [&scopes = bearer->principal->scopes](std::string_view scope) {
    return std::ranges::find(scopes, scope) != scopes.end();
  };
  if (token->user.empty() || !has("openid")) {
    return bearer_refusal(BearerFault::insufficient_scope, "The token is not one of a user with the scope openid.");
  }
  json::Value answer = object({{"sub", text(token->user)}});
  if (has("fhirUser")) add_fhir_user(addresses_, principal->fhir_user, answer.members);
  return secret_answer(answer);
}

}  // namespace vesta::oauth
