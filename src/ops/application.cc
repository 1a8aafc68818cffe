// Application: dispatch, with what is observed and logged around it.
#include "ops/application.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "ops/dispatch.h"
#include "ops/negotiation.h"
#include "ops/outcome.h"
#include "ops/rendering.h"

namespace vesta::ops {
namespace {

inline constexpr std::chrono::milliseconds kSlowRequest{1000};  // a request that takes longer is logged
inline constexpr std::size_t kMaxLoggedPath = 512;              // bytes; every path that leads anywhere is shorter

const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                             0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return bounds;
}

// https://www.rfc-editor.org/rfc/rfc6750#section-3: without a code of an error where no token was brought.
http::Response not_admitted(const http::Request& request, const Error& error) {
  http::Response response = error_response(error);
  if (error.category == Category::unauthenticated) {
    const bool has_token = request.headers.find("Authorization") != nullptr;
    response.headers.add("WWW-Authenticate", has_token ? "Bearer error=\"invalid_token\"" : "Bearer");
  }
  return response;
}

}  // namespace

// Looked up once: a request only adds.
struct Application::Meters {
  explicit Meters(Metrics& metrics) {
    for (std::size_t i = 0; i < kInteractions; ++i) {
      const std::string interaction(to_string(static_cast<Interaction>(i)));
      seconds[i] = &metrics.histogram("vesta_request_seconds", "Time to answer a request, by interaction.",
                                      latency_bounds(), {{"interaction", interaction}});
      for (std::size_t group = 0; group < requests[i].size(); ++group) {
        const std::string status = std::to_string(group + 2) + "xx";
        requests[i][group] = &metrics.counter("vesta_requests_total", "Requests answered, by interaction and status.",
                                              {{"interaction", interaction}, {"status", status}});
      }
    }
  }
  std::array<Histogram*, kInteractions> seconds;
  std::array<std::array<Counter*, 4>, kInteractions> requests;  // 2xx, 3xx, 4xx, 5xx
};

Application::Application(Service& service, Metrics* metrics, AccessLog access_log, Admission admission)
    : service_(service),
      access_log_(access_log),
      admission_(std::move(admission)),
      meters_(metrics == nullptr ? nullptr : std::make_unique<Meters>(*metrics)) {}

Application::~Application() = default;

// What the server can do is told to everyone. https://hl7.org/fhir/R4/http.html#capabilities
Application::Admitted Application::admit(const http::Request& request) const {
  if (!admission_) return access::Grant::everything();
  if (request.path == service_.base_path + "/metadata") return access::Grant::nothing();
  return admission_(request);
}

http::Response Application::answer(http::Request& request, Admitted admitted) {
  const log::RequestScope scope(request.id);
  const auto begin = service_.clock.monotonic();
  Context context = service_.as(admitted.ok() ? *admitted : access::Grant::nothing());
  Negotiation negotiation = negotiate(request);
  const AnswerForm form = negotiation.form;
  negotiation.goes_out_as_written = !is_written_anew(form);
  Dispatched dispatched;
  std::string_view path = request.path;
  const bool is_below = path.starts_with(service_.base_path) &&
                        (path.size() == service_.base_path.size() || path[service_.base_path.size()] == '/');
  if (!admitted.ok()) {
    dispatched.response = not_admitted(request, admitted.error());
  } else if (is_below) {
    path.remove_prefix(service_.base_path.size());
    dispatched = dispatch(context, request, std::move(negotiation), path);
  } else {
    dispatched.response =
        refusal(404, "not-found", "There is nothing here; the FHIR base is " + service_.base_url + ".");
  }
  render(context, form, dispatched.response);
  observe(request, dispatched.interaction, dispatched.response, service_.clock.monotonic() - begin);
  return std::move(dispatched.response);
}

void Application::observe(const http::Request& request, Interaction interaction, const http::Response& response,
                          std::chrono::steady_clock::duration elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (meters_ != nullptr) {
    const auto index = static_cast<std::size_t>(interaction);
    const int group = response.status / 100 - 2;
    meters_->seconds[index]->observe(seconds);
    if (group >= 0 && group < 4) meters_->requests[index][static_cast<std::size_t>(group)]->add();
  }
  const log::Level level = level_of(response.status, elapsed);
  if (!log::enabled(level)) return;
  // Queries and bodies hold health data: they are not logged. What a failure of ours says of itself is.
  const log::Field method("method", http::to_string(request.method));
  const log::Field path("path", std::string_view(request.path).substr(0, kMaxLoggedPath));
  const log::Field name("interaction", to_string(interaction));
  const log::Field status("status", response.status);
  const log::Field bytes("bytes", response.body.size());
  const log::Field elapsed_ms("elapsed_ms", seconds * 1000);
  if (response.status == 500) {
    log::write(level, "request", {method, path, name, status, bytes, elapsed_ms, {"outcome", response.body}});
  } else {
    log::write(level, "request", {method, path, name, status, bytes, elapsed_ms});
  }
}

// A store that cannot answer refuses every request: one warning a second says so as well as thousands.
log::Level Application::level_of(int status, std::chrono::steady_clock::duration elapsed) {
  const log::Level ordinary = access_log_ == AccessLog::on ? log::Level::info : log::Level::debug;
  if (status == 503) {
    const std::int64_t now = service_.clock.monotonic().time_since_epoch() / std::chrono::seconds(1);
    if (last_refusal_logged_.exchange(now) != now) return log::Level::warning;
    return ordinary;
  }
  if (status >= 500) return log::Level::error;
  return elapsed >= kSlowRequest ? log::Level::info : ordinary;
}

}  // namespace vesta::ops
