// Answers of the endpoints, and their errors by OAuth's names. https://www.rfc-editor.org/rfc/rfc6749#section-5.2
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "http/message.h"
#include "json/document.h"
#include "oauth/addresses.h"

namespace vesta::oauth {

// Codes of errors. https://www.rfc-editor.org/rfc/rfc6749#section-5.2
inline constexpr std::string_view kInvalidRequest = "invalid_request";
inline constexpr std::string_view kInvalidClient = "invalid_client";
inline constexpr std::string_view kInvalidGrant = "invalid_grant";
inline constexpr std::string_view kUnauthorizedClient = "unauthorized_client";
inline constexpr std::string_view kUnsupportedGrantType = "unsupported_grant_type";
inline constexpr std::string_view kInvalidScope = "invalid_scope";
// https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
inline constexpr std::string_view kInvalidRedirectUri = "invalid_redirect_uri";
inline constexpr std::string_view kInvalidClientMetadata = "invalid_client_metadata";
// https://www.rfc-editor.org/rfc/rfc7009#section-2.2.1
inline constexpr std::string_view kUnsupportedTokenType = "unsupported_token_type";
// https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
inline constexpr std::string_view kUnsupportedResponseType = "unsupported_response_type";
// https://openid.net/specs/openid-connect-core-1_0.html#AuthError
inline constexpr std::string_view kLoginRequired = "login_required";
inline constexpr std::string_view kRequestNotSupported = "request_not_supported";
inline constexpr std::string_view kRequestUriNotSupported = "request_uri_not_supported";

// `acr` of an ID token: a password alone; a code beside it.
inline constexpr std::string_view kOneFactor = "1";
inline constexpr std::string_view kTwoFactors = "2";

// `description` is for the client's developer: nothing secret, nothing of what was sent.
Error oauth_error(std::string_view code, std::string description);

// invalid_scope: a token has no room for them.
Error too_many_scopes();
// Whether it was made by oauth_error: what others say of themselves is not for clients.
bool is_oauth_error(const Error& error);

// Of an oauth_error its code, by status 400, or 401 for invalid_client; of others a fixed sentence.
http::Response error_answer(const Error& error);
// The refusal of a token, or of its absence: error_answer with the challenge for who bears one.
// https://www.rfc-editor.org/rfc/rfc6750#section-3
enum class BearerFault { no_token, invalid_token, insufficient_scope };
// `scope`: that is missing, if one is.
http::Response bearer_refusal(BearerFault fault, std::string_view description, std::string_view scope = "openid");
// Kept by nobody on the way. https://www.rfc-editor.org/rfc/rfc6749#section-5.1
http::Response secret_answer(const json::Value& value, int status = 200);
// Public documents, which may be kept for `max_age_s`.
http::Response public_answer(const json::Value& value, int max_age_s);

json::Value text(std::string_view content);
json::Value texts(std::initializer_list<std::string_view> contents);
json::Value texts(const std::vector<std::string>& contents);
json::Value number(std::int64_t number);
json::Value truth(bool is);
// Adds who of the record a user is, as an absolute reference; nothing of a user who is nobody.
void add_fhir_user(const Addresses& addresses, std::string_view fhir_user, std::vector<json::Member>& members);
// What std::to_string(instant.value) gave, in a member that is a string.
Instant member_instant(const json::Value& object, std::string_view name);
// An empty string: none.
json::Value optional_instant(std::optional<Instant> instant);
std::optional<Instant> optional_member_instant(const json::Value& object, std::string_view name);
// The content of a member that is a string; empty if there is none.
std::string_view member_text(const json::Value& object, std::string_view name);
// Is the member true?
bool member_truth(const json::Value& object, std::string_view name);
json::Value object(std::initializer_list<json::Member> members);

}  // namespace vesta::oauth
