// Fields of answers to pages of other origins.
#include "server/cors.h"

#include <algorithm>

#include "http/ascii.h"
#include "oauth/addresses.h"

namespace vesta::server {
namespace {

constexpr std::string_view kAny = "*";
constexpr const char* kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE";
constexpr const char* kRequestFields =
    "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, "
    "Prefer";
constexpr const char* kResponseFields =
    "Content-Location, ETag, Last-Modified, Location, Retry-After, WWW-Authenticate, X-Request-Id";
constexpr const char* kMaxAge = "600";  // seconds

bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    return !rest.empty() && std::ranges::all_of(rest, [](char c) {
      return http::is_digit(c) || (c >= 'a' && c <= 'z') || std::string_view("-.:[]").find(c) != std::string_view::npos;
    });
  }
  return false;
}

bool is_for_everybody(const http::Request& request) {
  const bool only_reads = request.method != http::Method::post;
  return only_reads && (request.path.ends_with("/metadata") || request.path.ends_with(oauth::kKeysPath) ||
                        request.path.find("/.well-known/") != std::string::npos);
}

}  // namespace

Result<Cors> Cors::parse(const std::vector<std::string>& origins) {
  if (origins.size() > kMaxCorsOrigins) return make_error(Category::invalid, "There are too many CORS origins.");
  Cors cors;
  for (const std::string& origin : origins) {
    if (origin == kAny) {
      cors.is_any_ = true;
    } else if (is_origin(origin)) {
      cors.origins_.push_back(origin);
    } else {
      return make_error(Category::invalid, "'" + origin + "' is no origin, such as https://app.example.");
    }
  }
  return cors;
}

std::string Cors::allowed(const http::Request& request) const {
  const std::string* const origin = request.headers.find("Origin");
  if (origin == nullptr) return {};
  if (is_any_ || is_for_everybody(request)) return std::string(kAny);
  return std::ranges::find(origins_, *origin) == origins_.end() ? std::string() : *origin;
}

std::optional<http::Response> Cors::preflight(const http::Request& request) const {
  if (request.method != http::Method::options) return std::nullopt;
  if (request.headers.find("Access-Control-Request-Method") == nullptr) return std::nullopt;
  std::string origin = allowed(request);
  if (origin.empty()) return std::nullopt;
  http::Response response;
  response.status = 204;
  response.headers.add("Access-Control-Allow-Origin", std::move(origin));
  response.headers.add("Access-Control-Allow-Methods", kMethods);
  response.headers.add("Access-Control-Allow-Headers", kRequestFields);
  response.headers.add("Access-Control-Max-Age", kMaxAge);
  response.headers.add("Vary", "Origin");
  return response;
}

void Cors::allow(const http::Request& request, http::Response& response) const {
  if (!origins_.empty() || is_for_everybody(request)) response.headers.add("Vary", "Origin");
  std::string origin = allowed(request);
  if (origin.empty()) return;
  response.headers.add("Access-Control-Allow-Origin", std::move(origin));
  response.headers.add("Access-Control-Expose-Headers", kResponseFields);
}

}  // namespace vesta::server
