// The checks of a client's metadata, and the resource that becomes of it.
#include "oauth/registration.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "access/records.h"
#include "access/scope.h"
#include "http/ascii.h"
#include "identity/guess_throttle.h"
#include "identity/jwks.h"
#include "oauth/answers.h"
#include "oauth/authorization_request.h"
#include "oauth/form.h"
#include "oauth/launch.h"

namespace vesta::oauth {
namespace {

using json::Value;

constexpr std::string_view kWays[] = {"none", "client_secret_basic", "client_secret_post", "private_key_jwt"};
constexpr std::string_view kGrantTypes[] = {"authorization_code", "refresh_token"};

Error invalid(std::string description) {
  return oauth_error(kInvalidClientMetadata, std::move(description));
}

// Empty: it is not there. Errors: it is no string.
Result<std::string> string_of(const Value& metadata, std::string_view name) {
  const Value* const value = metadata.find(name);
  if (value == nullptr) return std::string();
  if (value->kind != Value::Kind::string) return invalid(std::string(name) + " must be a string.");
  return value->text;
}

Result<std::vector<std::string>> strings_of(const Value& metadata, std::string_view name) {
  const Value* const value = metadata.find(name);
  std::vector<std::string> strings;
  if (value == nullptr) return strings;
  const bool are_strings =
      value->kind == Value::Kind::array &&
      std::ranges::all_of(value->items, [](const Value& item) { return item.kind == Value::Kind::string; });
  if (!are_strings) return invalid(std::string(name) + " must be an array of strings.");
  for (const Value& item : value->items) strings.push_back(item.text);
  return strings;
}

// "app.example" of "https://app.example:8443/callback"; empty: whoever goes there is somebody, or nobody.
std::string_view plain_host_of(std::string_view address) {
  const std::size_t begin = address.find("://");
  if (begin == std::string_view::npos) return {};
  std::string_view host = address.substr(begin + 3);
  host = host.substr(0, host.find_first_of("/?"));
  if (host.find('@') != std::string_view::npos) return {};
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// With TLS, or on the machine of the user. https://www.rfc-editor.org/rfc/rfc8252#section-7.3
bool may_be_registered(std::string_view address) {
  if (address.size() > kMaxRedirectUriBytes || !is_redirect_address(address)) return false;
  const std::string_view host = plain_host_of(address);
  if (address.starts_with("https://")) return !host.empty();
  return address.starts_with("http://") && (host == "127.0.0.1" || host == "[::1]" || host == "localhost");
}

Status read_redirect_uris(const Value& metadata, ClientMetadata& out) {
  const auto addresses = strings_of(metadata, "redirect_uris");
  if (!addresses.ok()) return oauth_error(kInvalidRedirectUri, addresses.error().message);
  if (addresses->empty() || addresses->size() > kMaxRedirectUris) {
    return oauth_error(kInvalidRedirectUri,
                       "redirect_uris must have 1 to " + std::to_string(kMaxRedirectUris) + " addresses.");
  }
  if (!std::ranges::all_of(*addresses, may_be_registered)) {
    return oauth_error(kInvalidRedirectUri,
                       "A redirect URI must be https, or http of the loopback, without a fragment.");
  }
  out.redirect_uris = *addresses;
  return kOk;
}

Error too_many() {
  return make_error(Category::throttled, "Too many clients register themselves. Try again in an hour.");
}

// Letters, marks, signs and spaces: nothing that is not seen, ends the line or turns the text around.
bool is_plain_text(std::string_view text) {
  constexpr std::uint32_t kHidden = U_GC_C_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;  // other, line, paragraph
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), at, size, c);
    if (c < 0 || (U_GET_GC_MASK(c) & kHidden) != 0) return false;
  }
  return true;
}

// What users will see.
Status read_name(const Value& metadata, ClientMetadata& out) {
  VESTA_TRY(out.name, string_of(metadata, "client_name"));
  if (out.name.empty()) out.name = plain_host_of(out.redirect_uris.front());
  if (out.name.size() > kMaxClientNameBytes || !is_plain_text(out.name) || http::trim(out.name) != out.name) {
    return invalid("client_name must be a line of at most " + std::to_string(kMaxClientNameBytes) + " bytes.");
  }
  return kOk;
}

Status read_authentication(const Value& metadata, ClientMetadata& out) {
  VESTA_TRY(out.authentication, string_of(metadata, "token_endpoint_auth_method"));
  if (out.authentication.empty()) out.authentication = "client_secret_basic";  // as RFC 7591 has it
  if (std::ranges::find(kWays, out.authentication) == std::end(kWays)) {
    return invalid("token_endpoint_auth_method is not one that is known here.");
  }
  // Or anybody could make the server ask what only it reaches.
  if (metadata.find("jwks_uri") != nullptr) return invalid("jwks_uri is not fetched here: send jwks in place.");
  const Value* const keys = metadata.find("jwks");
  if ((keys != nullptr) != (out.authentication == "private_key_jwt")) {
    return invalid("jwks, in place, belongs to private_key_jwt.");
  }
  if (keys == nullptr) return kOk;
  json::append_value(*keys, out.jwks);
  if (!identity::parse_jwks(out.jwks).ok()) return invalid("jwks must be a set of public keys.");
  return kOk;
}

Status read_grant_types(const Value& metadata, ClientMetadata& out) {
  VESTA_TRY(out.grant_types, strings_of(metadata, "grant_types"));
  if (out.grant_types.empty()) out.grant_types = {"authorization_code"};
  const bool are_known = std::ranges::all_of(out.grant_types, [](const std::string& each) {
    return std::ranges::find(kGrantTypes, each) != std::end(kGrantTypes);
  });
  if (!are_known || !has_word(out.grant_types, "authorization_code")) {
    return invalid("grant_types must be authorization_code, and refresh_token beside it or not.");
  }
  VESTA_TRY(const auto response_types, strings_of(metadata, "response_types"));
  if (!std::ranges::all_of(response_types, [](const std::string& each) { return each == "code"; })) {
    return invalid("response_types must be code.");
  }
  return kOk;
}

// Only ever for users, and what they allow.
Status read_scopes(const Value& metadata, ClientMetadata& out) {
  VESTA_TRY(const std::string list, string_of(metadata, "scope"));
  if (list.size() > kMaxScopeListBytes) return invalid("These are too many scopes.");
  const bool may_refresh = has_word(out.grant_types, "refresh_token");
  for (std::string& each : words_of(list)) {
    const auto scope = access::parse_scope(each);
    if (scope && scope->context == access::Scope::Context::system) {
      return invalid("A client that registers itself has no scopes of system/.");
    }
    if (each == kStartLaunchScope) continue;  // an EHR is known to those who run the server
    const bool is_refreshing = each == "offline_access" || each == "online_access";
    if (is_refreshing ? may_refresh : scope || is_scope_of_no_resource(each)) out.scopes.push_back(std::move(each));
  }
  if (out.scopes.empty()) return invalid("scope must have one that is known here.");
  return kOk;
}

}  // namespace

// https://www.rfc-editor.org/rfc/rfc7591#section-2
Result<ClientMetadata> read_client_metadata(std::string_view json) {
  if (json.size() > kMaxRegistrationBytes) return make_error(Category::too_large, "The metadata are too large.");
  const auto metadata = json::parse_value(json);
  if (!metadata.ok() || metadata->kind != Value::Kind::object) {
    return invalid("The body must be an object of JSON.");
  }
  ClientMetadata out;
  VESTA_CHECK_OK(read_redirect_uris(*metadata, out));
  VESTA_CHECK_OK(read_name(*metadata, out));
  VESTA_CHECK_OK(read_authentication(*metadata, out));
  VESTA_CHECK_OK(read_grant_types(*metadata, out));
  VESTA_CHECK_OK(read_scopes(*metadata, out));
  return out;
}

std::string client_resource(const std::string& id, const ClientMetadata& metadata, std::string_view secret_digest) {
  json::Value tags = texts({});
  tags.items.push_back(object({{"system", text(access::kClientTags)}, {"code", text(access::kSelfRegistered)}}));
  json::Value client = object({{"resourceType", text(access::kClient)},
                               {"id", text(id)},
                               {"meta", object({{"tag", std::move(tags)}})},
                               {"name", text(metadata.name)},
                               {"status", text("active")}});
  const auto add = [&](const char* name, json::Value value) { client.members.push_back({name, std::move(value)}); };
  if (!secret_digest.empty()) add("secretDigest", texts({secret_digest}));
  if (!metadata.jwks.empty()) add("jwks", text(metadata.jwks));
  add("scope", texts(metadata.scopes));
  add("redirectUri", texts(metadata.redirect_uris));
  std::string out;
  json::append_value(client, out);
  return out;
}

json::Value registration_answer(const std::string& id, const ClientMetadata& metadata, const std::string& secret,
                                Instant issued) {
  json::Value answer = object({{"client_id", text(id)},
                               {"client_id_issued_at", number(issued.value / 1'000'000)},
                               {"client_name", text(metadata.name)},
                               {"redirect_uris", texts(metadata.redirect_uris)},
                               {"token_endpoint_auth_method", text(metadata.authentication)},
                               {"grant_types", texts(metadata.grant_types)},
                               {"response_types", texts({"code"})},
                               {"scope", text(joined(metadata.scopes))}});
  if (!secret.empty()) {
    answer.members.push_back({"client_secret", text(secret)});
    answer.members.push_back({"client_secret_expires_at", number(0)});
  }
  if (auto keys = json::parse_value(metadata.jwks); keys.ok()) answer.members.push_back({"jwks", *std::move(keys)});
  return answer;
}

bool RegistrationLimit::admits(Window& window, std::size_t most, std::chrono::steady_clock::time_point now) {
  if (now - window.begin >= kRegistrationWindow) window = {now, 0};
  if (window.count >= most) return false;
  ++window.count;
  return true;
}

Status RegistrationLimit::admit(std::string_view address) {
  const std::string group = identity::address_group(address);
  const auto now = clock_.monotonic();
  const MutexLock lock(mutex_);
  Window* of_address = by_address_.find(group);
  if (of_address == nullptr) of_address = &by_address_.put(group, {now, 0});
  if (!admits(*of_address, kMaxRegistrationsOfAddress, now)) return too_many();
  return kOk;
}

Status RegistrationLimit::admit_client() {
  const MutexLock lock(mutex_);
  if (!admits(all_, kMaxRegistrations, clock_.monotonic())) return too_many();
  return kOk;
}

}  // namespace vesta::oauth
