// Application: the FHIR API as one function from a request to a response. No sockets; any number of threads.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/metrics.h"
#include "base/result.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/request_log.h"
#include "ops/route.h"

namespace vesta::ops {

// What the sender of a request may do. Errors: unauthenticated, which is answered with the challenge to bring a token;
// those of the store.
using Admission = std::function<Result<std::shared_ptr<const access::Grant>>(const http::Request&)>;

// Thread-safe. Everything that the Context refers to, and `metrics`, outlive it.
class Application {
 public:
  // `metrics` may be null. Without `admission` everyone may do everything.
  Application(Service& service, Metrics* metrics, AccessLog access_log = AccessLog::off, Admission admission = {});

  // Answers every request: errors become OperationOutcomes. Paths are absolute: base_url's path and what follows.
  http::Response handle(http::Request& request) { return answer(request, admit(request)); }
  // For one who may do what the grant says.
  http::Response handle(http::Request& request, std::shared_ptr<const access::Grant> grant) {
    return answer(request, std::move(grant));
  }

 private:
  using Admitted = Result<std::shared_ptr<const access::Grant>>;

  Admitted admit(const http::Request& request) const;
  http::Response answer(http::Request& request, Admitted admitted);

  Service& service_;
  const Admission admission_;
  RequestLog log_;
};

}  // namespace vesta::ops
