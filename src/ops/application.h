// Application: the FHIR API as one function from a request to a response. No sockets; any number of threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/log.h"
#include "base/metrics.h"
#include "http/message.h"
#include "ops/context.h"
#include "ops/route.h"

namespace vesta::ops {

// One line per request at level info, or only what is slow or fails.
enum class AccessLog { off, on };

// Thread-safe. Everything that the Context refers to, and `metrics`, outlive it.
class Application {
 public:
  // `metrics` may be null.
  Application(Service& service, Metrics* metrics, AccessLog access_log = AccessLog::off);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Answers every request: errors become OperationOutcomes. Paths are absolute: base_url's path and what follows.
  http::Response handle(http::Request& request) { return handle(request, access::Grant::everything()); }
  // For one who may do what the grant says.
  http::Response handle(http::Request& request, std::shared_ptr<const access::Grant> grant);

 private:
  struct Meters;
  void observe(const http::Request& request, Interaction interaction, const http::Response& response,
               std::chrono::steady_clock::duration elapsed);
  log::Level level_of(int status, std::chrono::steady_clock::duration elapsed);

  Service& service_;
  const AccessLog access_log_;
  std::unique_ptr<Meters> meters_;
  std::atomic<std::int64_t> last_refusal_logged_{-1};  // the second of it
};

}  // namespace vesta::ops
