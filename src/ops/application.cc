// Application: dispatch, with what is observed and logged around it.
#include "ops/application.h"

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

// https://www.rfc-editor.org/rfc/rfc6750#section-3: without a code of an error where no token was brought.
http::Response not_admitted(const http::Request& request, const Error& error) {
  http::Response response = error_response(error);
  if (error.category == Category::unauthenticated) {
    const bool has_token = request.headers.find("Authorization") != nullptr;
    response.headers.add("WWW-Authenticate", has_token ? "Bearer error=\"invalid_token\"" : "Bearer");
  }
  return response;
}

std::vector<std::string> names_of_interactions() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kInteractions; ++i) names.emplace_back(to_string(static_cast<Interaction>(i)));
  return names;
}

}  // namespace

Application::Application(Service& service, Metrics* metrics, AccessLog access_log, Admission admission)
    : service_(service),
      admission_(std::move(admission)),
      log_(service.clock, metrics, access_log, names_of_interactions()) {}

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
  log_.observe(request, static_cast<std::size_t>(dispatched.interaction), dispatched.response,
               service_.clock.monotonic() - begin);
  return std::move(dispatched.response);
}

}  // namespace vesta::ops
