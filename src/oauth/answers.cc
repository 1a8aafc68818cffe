// JSON answers, with the headers that keep them out of caches.
#include "oauth/answers.h"

#include <charconv>
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
};

ErrorRule rule_of(const Error& error) {
  switch (error.category) {
    case Category::busy:
    case Category::unavailable:
      return {503, "temporarily_unavailable"};
    case Category::too_large:
      return {413, kInvalidRequest};
    case Category::unauthenticated:
      return {401, kInvalidClient};
    case Category::internal:
      return {500, "server_error"};
    default:
      return {400, kInvalidRequest};
  }
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

http::Response error_answer(const Error& error) {
  const ErrorRule rule = rule_of(error);
  const std::string_view code = error.issues.empty() ? rule.code : std::string_view(error.issues.front().code);
  http::Response response =
      json_answer(rule.status, object({{"error", text(code)}, {"error_description", text(error.message)}}));
  response.headers.add("Cache-Control", "no-store");
  if (rule.status == 401) response.headers.add("WWW-Authenticate", "Basic realm=\"oauth\"");
  if (rule.status == 503) response.headers.add("Retry-After", "1");
  return response;
}

http::Response secret_answer(const json::Value& value) {
  http::Response response = json_answer(200, value);
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Pragma", "no-cache");
  return response;
}

http::Response public_answer(const json::Value& value, int max_age_s) {
  http::Response response = json_answer(200, value);
  response.headers.add("Cache-Control", "public, max-age=" + std::to_string(max_age_s));
  response.headers.add("Access-Control-Allow-Origin", "*");
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
