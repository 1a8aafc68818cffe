// JSON answers, with the headers that keep them out of caches.
#include "oauth/answers.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace vesta::oauth {
namespace {

http::Response json_answer(int status, const json::Value& value) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  json::append_value(value, response.body);
  return response;
}

struct ErrorRule {
  int status;
  std::string_view code;
  std::string_view description;
};

// Of what is no oauth_error. What went wrong inside stands in the log.
ErrorRule rule_of(Category category) {
  switch (category) {
    case Category::busy:
    case Category::unavailable:
      return {503, "temporarily_unavailable", "This is not possible just now. Try again."};
    case Category::throttled:
      return {429, "temporarily_unavailable", "These are too many requests. Try again later."};
    case Category::too_large:
      return {413, kInvalidRequest, "The request is too large."};
    default:
      return {500, "server_error", "Something went wrong on our side."};
  }
}

http::Response error_document(int status, std::string_view code, std::string_view description) {
  http::Response response =
      json_answer(status, object({{"error", text(code)}, {"error_description", text(description)}}));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

template <class Texts>
json::Value list_of(const Texts& contents) {
  json::Value list;
  list.kind = json::Value::Kind::array;
  for (const auto& each : contents) list.items.push_back(text(each));
  return list;
}

}  // namespace

Error oauth_error(std::string_view code, std::string description) {
  const Category category = code == kInvalidClient ? Category::unauthenticated : Category::invalid;
  return {category, description, {{Severity::error, std::string(code), description, {}}}};
}

Error too_many_scopes() {
  return oauth_error(kInvalidScope, "These are too many scopes for one token.");
}

bool is_oauth_error(const Error& error) {
  constexpr std::string_view kCodes[] = {kInvalidRequest,          kInvalidClient,          kInvalidGrant,
                                         kUnauthorizedClient,      kUnsupportedGrantType,   kInvalidScope,
                                         kUnsupportedResponseType, kUnsupportedTokenType,   kLoginRequired,
                                         kRequestNotSupported,     kRequestUriNotSupported, kInvalidRedirectUri,
                                         kInvalidClientMetadata};
  return error.issues.size() == 1 && std::ranges::find(kCodes, error.issues.front().code) != std::end(kCodes);
}

http::Response error_answer(const Error& error) {
  if (is_oauth_error(error)) {
    const bool is_of_client = error.category == Category::unauthenticated;
    http::Response response = error_document(is_of_client ? 401 : 400, error.issues.front().code, error.message);
    if (is_of_client) response.headers.add("WWW-Authenticate", "Basic realm=\"oauth\"");
    return response;
  }
  const ErrorRule rule = rule_of(error.category);
  http::Response response = error_document(rule.status, rule.code, rule.description);
  if (rule.status == 503) response.headers.add("Retry-After", "1");
  if (rule.status == 429) response.headers.add("Retry-After", "3600");
  return response;
}

http::Response bearer_refusal(BearerFault fault, std::string_view description, std::string_view scope) {
  const bool is_scope = fault == BearerFault::insufficient_scope;
  const std::string_view code = is_scope ? "insufficient_scope" : "invalid_token";
  http::Response response = error_document(is_scope ? 403 : 401, code, description);
  // Who brought no token is told the way, and of no error.
  std::string challenge = "Bearer";
  if (fault != BearerFault::no_token) challenge.append(" error=\"").append(code).append("\"");
  if (is_scope) challenge.append(", scope=\"").append(scope).append("\"");
  response.headers.add("WWW-Authenticate", std::move(challenge));
  return response;
}

http::Response secret_answer(const json::Value& value, int status) {
  http::Response response = json_answer(status, value);
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Pragma", "no-cache");
  return response;
}

http::Response public_answer(const json::Value& value, int max_age_s) {
  http::Response response = json_answer(200, value);
  response.headers.add("Cache-Control", "public, max-age=" + std::to_string(max_age_s));
  return response;
}

json::Value text(std::string_view content) {
  return {json::Value::Kind::string, std::string(content), {}, {}};
}

json::Value texts(std::initializer_list<std::string_view> contents) {
  return list_of(contents);
}

json::Value texts(const std::vector<std::string>& contents) {
  return list_of(contents);
}

void add_fhir_user(const Addresses& addresses, std::string_view fhir_user, std::vector<json::Member>& members) {
  if (fhir_user.empty()) return;
  members.push_back({"fhirUser", text(addresses.fhir_base + "/" + std::string(fhir_user))});
}

Instant member_instant(const json::Value& object, std::string_view name) {
  const std::string_view digits = member_text(object, name);
  Instant instant;
  std::from_chars(digits.data(), digits.data() + digits.size(), instant.value);
  return instant;
}

json::Value optional_instant(std::optional<Instant> instant) {
  return text(instant ? std::to_string(instant->value) : std::string());
}

std::optional<Instant> optional_member_instant(const json::Value& object, std::string_view name) {
  return member_text(object, name).empty() ? std::nullopt : std::optional(member_instant(object, name));
}

bool member_truth(const json::Value& object, std::string_view name) {
  const json::Value* const found = object.find(name);
  return found != nullptr && found->kind == json::Value::Kind::literal && found->text == "true";
}

json::Value number(std::int64_t number) {
  return {json::Value::Kind::literal, std::to_string(number), {}, {}};
}

json::Value truth(bool is) {
  return {json::Value::Kind::literal, is ? "true" : "false", {}, {}};
}

std::string_view member_text(const json::Value& object, std::string_view name) {
  const json::Value* const value = object.find(name);
  return value == nullptr || value->kind != json::Value::Kind::string ? std::string_view() : value->text;
}

json::Value object(std::initializer_list<json::Member> members) {
  return {json::Value::Kind::object, {}, members, {}};
}

}  // namespace vesta::oauth
