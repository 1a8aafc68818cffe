// Checks in the order of what is least: nothing is asked of the user for a request that cannot end well.
#include "oauth/authorization_request.h"

#include <algorithm>
#include <iterator>

#include "access/scope.h"
#include "http/ascii.h"
#include "identity/pkce.h"
#include "json/document.h"
#include "oauth/answers.h"

namespace vesta::oauth {
namespace {

// Scopes that are no resource's. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
constexpr std::string_view kOtherScopes[] = {"openid",         "fhirUser",      kLaunchScope,     kStartLaunchScope,
                                             "launch/patient", kEncounterScope, "offline_access", "online_access"};

constexpr std::string_view kSchemesThatRun[] = {"javascript", "data",  "vbscript", "blob",
                                                "filesystem", "about", "file"};

// Of those asked for what is registered; of resources a user's or a patient's: somebody signs in.
std::vector<std::string> user_scopes(std::string_view asked, const access::Client& client) {
  std::vector<std::string> scopes = access::granted_scopes(words_of(asked), client.scopes);
  std::erase_if(scopes, [](const std::string& each) {
    const auto scope = access::parse_scope(each);
    return scope ? scope->context == access::Scope::Context::system : !is_scope_of_no_resource(each);
  });
  return scopes;
}

// What a client wants to be done in another way than it is done here; to pass it over would be to do something else.
// https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
Status check_ways(const Form& form) {
  if (form.find("request") != nullptr) return oauth_error(kRequestNotSupported, "There are no request objects here.");
  if (form.find("request_uri") != nullptr) {
    return oauth_error(kRequestUriNotSupported, "There are no request objects here.");
  }
  const std::string* const mode = form.find("response_mode");
  if (mode != nullptr && *mode != "query") return oauth_error(kInvalidRequest, "response_mode must be query.");
  const std::vector<std::string> prompts = words_of(form.get("prompt"));
  if (std::ranges::find(prompts, "none") == prompts.end()) return kOk;
  // Nobody stays signed in: each request asks.
  return prompts.size() > 1 ? oauth_error(kInvalidRequest, "prompt must be none, or something else.")
                            : oauth_error(kLoginRequired, "The user must sign in.");
}

}  // namespace

bool AuthorizationRequest::asks_for(std::string_view scope) const {
  return std::ranges::find(scopes, scope) != scopes.end();
}

bool AuthorizationRequest::needs_patient() const {
  return std::ranges::any_of(scopes, [](const std::string& scope) {
    return scope == "launch/patient" || scope == kEncounterScope || scope.starts_with("patient/");
  });
}

std::string AuthorizationRequest::text() const {
  json::Value value = object({{"client", oauth::text(client)},
                              {"redirect_uri", oauth::text(redirect_uri)},
                              {"scope", oauth::text(joined(scopes))},
                              {"state", oauth::text(state)},
                              {"nonce", oauth::text(nonce)},
                              {"code_challenge", oauth::text(code_challenge)},
                              {"asks_anew", truth(asks_anew)}});
  if (launch.is_there()) value.members.push_back({"launch", to_json(launch)});
  std::string out;
  json::append_value(value, out);
  return out;
}

Result<AuthorizationRequest> AuthorizationRequest::read(std::string_view text) {
  VESTA_TRY(const json::Value value, json::parse_value(text));
  AuthorizationRequest request;
  request.client = member_text(value, "client");
  request.redirect_uri = member_text(value, "redirect_uri");
  request.scopes = words_of(member_text(value, "scope"));
  request.state = member_text(value, "state");
  request.nonce = member_text(value, "nonce");
  request.code_challenge = member_text(value, "code_challenge");
  request.asks_anew = member_truth(value, "asks_anew");
  if (const json::Value* const launch = value.find("launch")) request.launch = read_launch(*launch);
  return request;
}

bool is_scope_of_no_resource(std::string_view scope) {
  return std::ranges::find(kOtherScopes, scope) != std::end(kOtherScopes);
}

bool is_redirect_address(std::string_view address) {
  const std::size_t colon = address.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == address.size()) return false;
  const std::string scheme = http::lower_case(address.substr(0, colon));
  const auto is_of_scheme = [](char c) {
    return http::is_alpha(c) || http::is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  if (!http::is_alpha(scheme.front()) || !std::ranges::all_of(scheme, is_of_scheme)) return false;
  if (std::ranges::find(kSchemesThatRun, scheme) != std::end(kSchemesThatRun)) return false;
  const bool is_web = scheme == "http" || scheme == "https";
  if (is_web && (!address.substr(colon).starts_with("://") || colon + 3 == address.size())) return false;
  return std::ranges::all_of(address, [](char c) { return c > ' ' && c <= '~' && c != '#' && c != '\\'; });
}

bool is_registered(const access::Client& client, std::string_view redirect_uri) {
  return is_redirect_address(redirect_uri) &&
         std::ranges::find(client.redirect_uris, redirect_uri) != client.redirect_uris.end();
}

Result<AuthorizationRequest> read_authorization_request(const Form& form, const access::Client& client,
                                                        const Addresses& addresses, const identity::SealedBox& box) {
  VESTA_CHECK_OK(check_ways(form));
  if (form.get("response_type") != "code") {
    return oauth_error(kUnsupportedResponseType, "response_type must be code.");
  }
  AuthorizationRequest request;
  request.client = client.id;
  request.redirect_uri = form.get("redirect_uri");
  request.state = form.get("state");
  request.nonce = form.get("nonce");
  request.code_challenge = form.get("code_challenge");
  request.asks_anew = has_word(words_of(form.get("prompt")), "login") || form.find("max_age") != nullptr;
  if (request.state.size() > kMaxStateBytes || request.nonce.size() > kMaxStateBytes) {
    return oauth_error(kInvalidRequest, "state and nonce must not be longer than 1024 bytes.");
  }
  const Status challenge = identity::check_code_challenge(request.code_challenge, form.get("code_challenge_method"));
  if (!challenge.ok()) return oauth_error(kInvalidRequest, challenge.error().message + ".");
  // A token must not be had for another server than the client believes. https://hl7.org/fhir/smart-app-launch
  std::string_view audience = form.get("aud");
  if (audience.ends_with('/')) audience.remove_suffix(1);
  if (audience != addresses.fhir_base) {
    return oauth_error(kInvalidRequest, "aud must be this server's FHIR base, " + addresses.fhir_base + ".");
  }
  request.scopes = user_scopes(form.get("scope"), client);
  if (joined(request.scopes).size() > kMaxScopeListBytes) return too_many_scopes();
  if (request.scopes.empty()) return oauth_error(kInvalidScope, "None of these scopes is registered for the client.");
  const std::string* const launch = form.find("launch");
  if ((launch != nullptr) != request.asks_for(kLaunchScope)) {
    return oauth_error(kInvalidRequest,
                       "launch and the scope launch belong together; the client must have registered it.");
  }
  if (launch != nullptr) {
    VESTA_TRY(request.launch, open_launch(box, *launch, client.id));
  }
  return request;
}

std::string with_parameters(std::string_view address,
                            std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  std::string out(address);
  char separator = address.find('?') == std::string_view::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out.append(1, separator).append(name).append("=").append(http::percent_encode(value));
    separator = '&';
  }
  return out;
}

}  // namespace vesta::oauth
