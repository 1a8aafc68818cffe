// What is asked of a provider, and what of its answers is believed.
#include "oauth/external_provider.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/base64.h"
#include "base/instant.h"
#include "base/log.h"
#include "http/ascii.h"
#include "http/message.h"
#include "identity/digest.h"
#include "identity/pkce.h"
#include "identity/tokens.h"
#include "json/document.h"
#include "oauth/answers.h"
#include "oauth/authorization_request.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";
constexpr std::string_view kManyFactors = "mfa";  // https://www.rfc-editor.org/rfc/rfc8176#section-2
constexpr int kTooManyRequests = 429;
constexpr std::size_t kMaxLoggedBytes = 64;  // of an error code of others

// One secret makes three, none of which tells another one.
std::string part_of(std::string_view seed, std::string_view what) {
  return identity::digest_of_secret(std::string(what) + "." + std::string(seed));
}
std::string nonce_of(std::string_view seed) {
  return part_of(seed, "nonce");
}
std::string verifier_of(std::string_view seed) {
  return part_of(seed, "verifier");
}

Error unbelievable(std::string reason) {
  return make_error(Category::unauthenticated, std::move(reason));
}

Error no_answer(std::string reason) {
  return make_error(Category::unavailable, std::move(reason));
}

// What others wrote, for the log: a code of an error has these characters only.
std::string code_of(std::string_view text) {
  text = text.substr(0, kMaxLoggedBytes);
  const bool is_code = std::ranges::all_of(text, [](char c) { return http::is_alpha(c) || c == '_'; });
  return is_code && !text.empty() ? std::string(text) : "an error without a code";
}

// https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
bool is_outage(std::string_view error) {
  return error == "temporarily_unavailable" || error == "server_error";
}

bool has_item(const json::Value* list, std::string_view wanted) {
  return list != nullptr && std::ranges::any_of(list->items, [&](const json::Value& each) {
           return each.kind == json::Value::Kind::string && each.text == wanted;
         });
}

std::vector<std::string> methods_of(const json::Value* list) {
  std::vector<std::string> methods;
  if (list == nullptr) return methods;
  for (const json::Value& each : list->items) {
    const bool is_plain = !each.text.empty() && each.text.size() <= kMaxMethodBytes &&
                          std::ranges::all_of(each.text, [](char c) { return c > ' ' && c <= '~'; });
    if (each.kind == json::Value::Kind::string && is_plain && methods.size() < kMaxMethods) {
      methods.push_back(each.text);
    }
  }
  return methods;
}

std::string form_of(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  return with_parameters("", parameters).substr(1);
}

}  // namespace

ExternalProvider::ExternalProvider(ExternalSettings settings, std::string redirect_uri, Clock& clock)
    : settings_(std::move(settings)),
      redirect_uri_(std::move(redirect_uri)),
      clock_(clock),
      keys_(settings_.fetch, clock) {}

std::string ExternalProvider::state_of(std::string_view flow, std::string_view seed) {
  return std::string(flow) + "." + part_of(seed, "state");
}

// https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
Result<std::string> ExternalProvider::address(std::string_view flow, std::string_view seed, Ask ask) {
  VESTA_TRY(const auto metadata, this->metadata());
  std::vector<std::string> scopes = settings_.scopes;
  if (!has_word(scopes, "openid")) scopes.insert(scopes.begin(), "openid");
  return with_parameters(metadata->authorization_endpoint,
                         {{"response_type", "code"},
                          {"client_id", settings_.client_id},
                          {"redirect_uri", redirect_uri_},
                          {"scope", joined(scopes)},
                          {"state", state_of(flow, seed)},
                          {"nonce", nonce_of(seed)},
                          {"code_challenge", identity::code_challenge_of(verifier_of(seed))},
                          {"code_challenge_method", "S256"},
                          {"prompt", ask == Ask::anew ? "login" : ""},
                          {"max_age", ask == Ask::anew ? "0" : ""},
                          {"acr_values", joined(settings_.strong_acr)}});
}

Result<ExternalSubject> ExternalProvider::subject_of(const Form& answer, std::string_view seed) {
  VESTA_TRY(const auto metadata, this->metadata());
  // Who mixes two providers up sends the code of one to the other. https://www.rfc-editor.org/rfc/rfc9207#section-2.4
  const std::string* const issuer = answer.find("iss");
  if (issuer != nullptr ? *issuer != settings_.issuer : metadata->sends_issuer) {
    return unbelievable("the answer is not of this issuer");
  }
  if (const std::string* const error = answer.find("error")) {
    return make_error(is_outage(*error) ? Category::unavailable : Category::forbidden,
                      "the provider says " + code_of(*error));
  }
  const std::string* const code = answer.find("code");
  if (code == nullptr) return unbelievable("there is no code");
  VESTA_TRY(const std::string id_token, exchange(*metadata, *code, seed));
  const auto keys = keys_.published(settings_.issuer, metadata->jwks_uri, id_token);
  if (!keys.ok()) return keys.error().category == Category::busy ? keys.error() : no_answer(keys.error().message);
  identity::Expectations expected;
  expected.type = "JWT";
  expected.absent_type = identity::Expectations::AbsentType::allowed;
  expected.issuer = settings_.issuer;
  expected.audiences = {settings_.client_id};
  expected.jwk_set_url = metadata->jwks_uri;
  expected.absent_key_id = identity::Expectations::AbsentKeyId::allowed;
  const auto claims = identity::verify_jwt(id_token, *keys, expected, clock_.now());
  if (!claims.ok()) return unbelievable("the ID token: " + claims.error().message);
  return believed(*claims, seed);
}

// https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation, what verify_jwt leaves.
Result<ExternalSubject> ExternalProvider::believed(const identity::Claims& claims, std::string_view seed) const {
  const json::Value others{json::Value::Kind::object, {}, claims.others, {}};
  const json::Value* const party = others.find("azp");
  if (party != nullptr ? member_text(others, "azp") != settings_.client_id : claims.audiences.size() > 1) {
    return unbelievable("the ID token is for another party");
  }
  if (!claims.issued_at) return unbelievable("the ID token does not say when it was made");
  if (later_by(*claims.issued_at, kMaxIdTokenAge + identity::kClockSkew) < clock_.now()) {
    return unbelievable("the ID token is too old");
  }
  if (!identity::equal_in_constant_time(member_text(others, "nonce"), nonce_of(seed))) {
    return unbelievable("the ID token is not for this sign-in");
  }
  if (claims.subject.empty() || claims.subject.size() > kMaxSubjectBytes) {
    return unbelievable("the ID token's subject is none");
  }
  ExternalSubject subject{settings_.issuer, claims.subject, methods_of(others.find("amr")), false, {}};
  const std::string_view acr = member_text(others, "acr");
  subject.has_second_factor =
      has_word(subject.methods, kManyFactors) || (!acr.empty() && has_word(settings_.strong_acr, acr));
  if (const auto* const time = others.find("auth_time"); time != nullptr) {
    subject.signed_in = identity::read_numeric_date(*time);
  }
  return subject;
}

// https://openid.net/specs/openid-connect-core-1_0.html#TokenRequest
Result<std::string> ExternalProvider::exchange(const Metadata& metadata, std::string_view code, std::string_view seed) {
  {
    const MutexLock lock(mutex_);
    if (running_ >= kMaxRunningExchanges) return make_error(Category::busy, "too many codes are being exchanged");
    ++running_;
  }
  auto answer = ask_for_token(metadata, code, seed);
  {
    const MutexLock lock(mutex_);
    --running_;
  }
  if (!answer.ok()) return no_answer("the code: " + answer.error().message);
  const auto value = json::parse_value(answer->body);
  const std::string_view error = value.ok() ? member_text(*value, "error") : std::string_view();
  if (answer->status == 400 && error == kInvalidGrant) return unbelievable("the provider refuses the code");
  if (answer->status != 200) {
    const std::string what = "the status " + std::to_string(answer->status) + ", " + code_of(error);
    if (answer->status >= 400 && answer->status < 500 && answer->status != kTooManyRequests) {
      log::warning("the OpenID provider refuses this server: look at its client id and its secret",
                   {{"issuer", settings_.issuer}, {"reason", what}});
    }
    // Some say so of a code that was made up.
    if (answer->status == 400 && error == kInvalidRequest) return unbelievable("the provider refuses the request");
    return no_answer("the code: " + what);
  }
  std::string id_token(value.ok() ? member_text(*value, "id_token") : std::string_view());
  if (id_token.empty()) return no_answer("the code: the answer has no ID token");
  return id_token;
}

// https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
Result<FetchAnswer> ExternalProvider::ask_for_token(const Metadata& metadata, std::string_view code,
                                                    std::string_view seed) {
  const bool is_basic = metadata.authentication == Authentication::basic;
  FetchRequest request{metadata.token_endpoint, kMaxTokenAnswerBytes};
  request.form = form_of({{"grant_type", "authorization_code"},
                          {"code", code},
                          {"redirect_uri", redirect_uri_},
                          {"code_verifier", verifier_of(seed)},
                          {"client_id", is_basic ? "" : settings_.client_id},
                          {"client_secret", is_basic ? "" : settings_.client_secret}});
  if (is_basic) {
    request.authorization = "Basic " + encode_base64(http::percent_encode(settings_.client_id) + ":" +
                                                         http::percent_encode(settings_.client_secret),
                                                     Base64::standard);
  }
  return settings_.fetch(request);
}

Result<std::shared_ptr<const ExternalProvider::Metadata>> ExternalProvider::metadata() {
  {
    const MutexLock lock(mutex_);
    const Time now = clock_.monotonic();
    const bool is_fresh = metadata_ != nullptr && now - fetched_ < kMetadataLifetime;
    const bool is_early = tried_ && now - *tried_ < kMetadataInterval;
    if (is_fresh || is_early || is_fetching_) return kept(now);
    tried_ = now;
    is_fetching_ = true;
  }
  auto found = discover();  // without the lock
  if (!found.ok()) {
    log::warning("the OpenID provider cannot be discovered",
                 {{"issuer", settings_.issuer}, {"reason", found.error().message}});
  }
  const MutexLock lock(mutex_);
  is_fetching_ = false;
  problem_ = found.ok() ? std::string() : found.error().message;
  const Time now = clock_.monotonic();
  if (found.ok()) {
    metadata_ = *std::move(found);
    fetched_ = now;
  }
  return kept(now);
}

Result<std::shared_ptr<const ExternalProvider::Metadata>> ExternalProvider::kept(Time now) const {
  if (metadata_ != nullptr && now - fetched_ < kMetadataMaxAge) return metadata_;
  if (is_fetching_) return make_error(Category::busy, "the provider is being discovered");
  return no_answer("the provider cannot be discovered: " + problem_);
}

// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
Result<std::shared_ptr<const ExternalProvider::Metadata>> ExternalProvider::discover() const {
  std::string url = settings_.issuer;
  if (url.ends_with('/')) url.pop_back();
  VESTA_TRY(const std::string body, fetch_text(settings_.fetch, url + std::string(kDiscoveryPath), kMaxMetadataBytes));
  const auto document = json::parse_value(body);
  if (!document.ok()) return no_answer("what it says of itself is no JSON");
  if (member_text(*document, "issuer") != settings_.issuer) return no_answer("it says that it is another issuer");
  Metadata metadata;
  metadata.authorization_endpoint = member_text(*document, "authorization_endpoint");
  metadata.token_endpoint = member_text(*document, "token_endpoint");
  metadata.jwks_uri = member_text(*document, "jwks_uri");
  metadata.sends_issuer = member_truth(*document, "authorization_response_iss_parameter_supported");
  const auto is_web = [&](std::string_view address) {  // by TLS, where the issuer is
    return address.starts_with("https://") ||
           (address.starts_with("http://") && settings_.issuer.starts_with("http://"));
  };
  if (!is_web(metadata.authorization_endpoint) || !is_redirect_address(metadata.authorization_endpoint)) {
    return no_answer("its authorization_endpoint cannot be used");
  }
  if (!is_web(metadata.token_endpoint)) return no_answer("its token_endpoint cannot be used");
  if (!is_web(metadata.jwks_uri)) return no_answer("its jwks_uri cannot be used");
  // https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata: without it, basic
  const json::Value* const ways = document->find("token_endpoint_auth_methods_supported");
  if (ways != nullptr && !has_item(ways, "client_secret_basic")) {
    if (!has_item(ways, "client_secret_post")) return no_answer("it takes no client's secret");
    metadata.authentication = Authentication::post;
  }
  return std::make_shared<const Metadata>(std::move(metadata));
}

}  // namespace vesta::oauth
