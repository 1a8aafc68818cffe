// Application: the FHIR API as one function from a request to a response. No sockets; any number of threads.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "access/grants.h"
#include "audit/request_audit.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/host.h"
#include "ops/request_log.h"
#include "ops/route.h"

namespace vesta::ops {

// Who sends a request, and what they may do.
struct Admitted {
  std::shared_ptr<const access::Grant> grant;
  std::shared_ptr<const access::Principal> principal = nullptr;  // null: nobody is asked
};

// Errors: unauthenticated, which is answered with the challenge to bring a token; those of the store.
using Admission = std::function<Result<Admitted>(const http::Request&)>;

// Thread-safe. Everything that the Context refers to, and `metrics`, outlive it.
class Application {
 public:
  // `metrics` may be null. Without `admission` everyone may do everything. What is asked is recorded by way of `trail`;
  // null: it is not. Requests for AuditEvents wait for `projector`, which may be null too. Both outlive the application
  // and the bodies of its answers.
  Application(Host& service, Metrics* metrics, AccessLog access_log = AccessLog::off, Admission admission = {},
              audit::Trail* trail = nullptr, audit::Projector* projector = nullptr);

  // Answers every request: errors become OperationOutcomes. Paths are absolute: base_url's path and what follows.
  http::Response handle(http::Request& request) { return answer(request, admit(request)); }
  // For one who may do what the grant says.
  http::Response handle(http::Request& request, std::shared_ptr<const access::Grant> grant) {
    return answer(request, Admitted{std::move(grant)});
  }

 private:
  Result<Admitted> admit(const http::Request& request) const;
  http::Response answer(http::Request& request, Result<Admitted> admitted);
  std::shared_ptr<audit::RequestAudit> audit_of(const http::Request& request, const Result<Admitted>& admitted) const;

  Host& service_;
  const Admission admission_;
  audit::Trail* const trail_;
  audit::Projector* const projector_;
  RequestLog log_;
};

}  // namespace vesta::ops
