// Health, readiness, metrics, and where to look.
#include "server/signs_of_life.h"

#include <utility>

#include "ops/outcome.h"
#include "server/version.h"

namespace vesta::server {
namespace {

http::Response plain(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(text);
  return response;
}

std::string front_page(const std::string& base_path) {
  return "Vesta " + std::string(version()) +
         ", a FHIR R4 server.\n\n"
         "FHIR base        " +
         base_path +
         "\n"
         "what it can do   " +
         base_path +
         "/metadata\n"
         "patients         " +
         base_path +
         "/Patient?_count=5&_pretty=true\n"
         "signs of life    /healthz  /readyz  /metrics\n";
}

http::Response not_ready(const std::string& reason) {
  http::Response response = plain(503, "not ready: " + reason + "\n");
  response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace

http::Response SignsOfLife::ready() const {
  if (lifecycle_.is_draining) return not_ready("stopping");
  store::Store* const store = lifecycle_.store;
  if (store == nullptr) return not_ready("the store is being opened");
  const Status writable = store->writable();
  if (!writable.ok()) return not_ready(writable.error().message);
  return plain(200, "ready\n");
}

std::optional<http::Response> SignsOfLife::handle(const http::Request& request, const std::string& base_path) {
  const bool is_page = request.path == "/" && base_path != "";
  if (request.path != "/healthz" && request.path != "/readyz" && request.path != "/metrics" && !is_page) {
    return std::nullopt;
  }
  if (request.method != http::Method::get && request.method != http::Method::head) {
    http::Response response = plain(405, "GET or HEAD only\n");
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  if (is_page) return plain(200, front_page(base_path));
  if (request.path == "/healthz") return plain(200, "alive\n");
  if (request.path == "/readyz") return ready();
  http::Response response = plain(200, metrics_.render());
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

http::Response listener_refusal(int status, const std::string& message) {
  std::string_view code = "invalid";
  switch (status) {
    case 408:
      code = "timeout";
      break;
    case 413:
    case 414:
    case 431:
      code = "too-long";
      break;
    case 415:
    case 501:
    case 505:
      code = "not-supported";
      break;
    case 503:
      code = "throttled";
      break;
    default:
      code = status >= 500 ? "exception" : "invalid";
  }
  return ops::refusal(status, code, message);
}

}  // namespace vesta::server
