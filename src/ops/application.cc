// Application: dispatch, with what is observed and logged around it.
#include "ops/application.h"

#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "ops/custom_parameters.h"
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

// Each piece is accounted for before it is told.
class AuditedBody final : public http::BodyStream {
 public:
  AuditedBody(std::unique_ptr<http::BodyStream> below, std::shared_ptr<audit::RequestAudit> audit)
      : below_(std::move(below)), audit_(std::move(audit)) {}

  Result<bool> append(std::string& out) override {
    const std::size_t before = out.size();
    auto more = below_->append(out);
    if (const Status recorded = audit_->made_more(); !recorded.ok()) {
      out.resize(before);
      return recorded.error();
    }
    return more;
  }

 private:
  const std::unique_ptr<http::BodyStream> below_;
  const std::shared_ptr<audit::RequestAudit> audit_;
};

// What the server can do, and which methods a path takes, is the same for everybody: asking for that leaves no record.
void account_for(const http::Request& request, const std::shared_ptr<audit::RequestAudit>& audit,
                 Dispatched& dispatched) {
  const int status = dispatched.response.status;
  const bool is_public = dispatched.interaction == Interaction::capabilities || request.method == http::Method::options;
  if (is_public && status < 400) return;
  if (const Status recorded = audit->answered(to_string(dispatched.interaction), status); !recorded.ok()) {
    dispatched.response = error_response(recorded.error());
    return;
  }
  if (dispatched.response.rest == nullptr) return;
  dispatched.response.rest = std::make_unique<AuditedBody>(std::move(dispatched.response.rest), audit);
}

}  // namespace

Application::Application(Host& service, Metrics* metrics, AccessLog access_log, Admission admission,
                         audit::Trail* trail, audit::Projector* projector)
    : service_(service),
      admission_(std::move(admission)),
      trail_(trail),
      projector_(projector),
      log_(service.clock, metrics, access_log, names_of_interactions()) {
  if (metrics != nullptr) service.emergencies.count_in(*metrics);
}

// What the server can do is told to everyone. https://hl7.org/fhir/R4/http.html#capabilities
Result<Admitted> Application::admit(const http::Request& request) const {
  if (!admission_) return Admitted{access::Grant::everything()};
  if (request.path == service_.base_path + "/metadata") return Admitted{access::Grant::nothing()};
  return admission_(request);
}

std::shared_ptr<audit::RequestAudit> Application::audit_of(const http::Request& request,
                                                           const Result<Admitted>& admitted) const {
  if (trail_ == nullptr) return nullptr;
  audit::Asked asked;
  asked.request = request.id;
  asked.address = request.remote_address;
  asked.server = service_.base_url;
  asked.method = http::to_string(request.method);
  asked.path = request.path;
  asked.query = request.query;
  std::string with_form;
  if (request.path.ends_with("/_search")) {  // the form is the query
    with_form = request.query;
    if (!with_form.empty()) with_form.push_back('&');
    with_form.append(request.body, 0, audit::kMaxRecordedQuery + 1);
    asked.query = with_form;
  }
  if (admitted.ok() && admitted->principal != nullptr) {
    asked.client = admitted->principal->client;
    asked.user = admitted->principal->user;
    asked.fhir_user = admitted->principal->fhir_user;
    asked.patient = admitted->principal->patient;
  }
  return std::make_shared<audit::RequestAudit>(*trail_, projector_, service_.definitions, service_.clock, asked);
}

http::Response Application::answer(http::Request& request, Result<Admitted> admitted) {
  const log::RequestScope scope(request.id);
  const auto begin = service_.clock.monotonic();
  const std::shared_ptr<audit::RequestAudit> audit = audit_of(request, admitted);
  // OPTIMIZATION: moved, for the owners of a grant are counted by all threads.
  Context context = service_.as(admitted.ok() ? std::move(admitted->grant) : access::Grant::nothing(), audit);
  if (admitted.ok()) context.principal = admitted->principal.get();
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
    if (service_.parameters != nullptr) service_.parameters->look();
    dispatched = dispatch(context, request, std::move(negotiation), path);
  } else {
    dispatched.response =
        refusal(404, "not-found", "There is nothing here; the FHIR base is " + service_.base_url + ".");
  }
  if (audit != nullptr) account_for(request, audit, dispatched);
  render(context, form, dispatched.response);
  log_.observe(request, static_cast<std::size_t>(dispatched.interaction), dispatched.response,
               service_.clock.monotonic() - begin);
  return std::move(dispatched.response);
}

}  // namespace vesta::ops
