// Signs of life: /healthz, /readyz, /metrics and the page at /, beside the FHIR API.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "http/message.h"
#include "store/store.h"

namespace vesta::server {

// What the process is up to. Written by the thread that starts and stops, read by all.
struct Lifecycle {
  std::atomic<store::Store*> store{nullptr};  // null until it is open
  std::atomic<bool> is_draining{false};
};

// Thread-safe; all it is given outlives it.
class SignsOfLife {
 public:
  SignsOfLife(Metrics& metrics, const Lifecycle& lifecycle) : metrics_(metrics), lifecycle_(lifecycle) {}

  // The answer, or nullopt if the path is none of these. `base_path`: where the FHIR API is.
  std::optional<http::Response> handle(const http::Request& request, const std::string& base_path);

 private:
  http::Response ready() const;

  Metrics& metrics_;
  const Lifecycle& lifecycle_;
};

// What the listener refuses by itself, as an OperationOutcome.
http::Response listener_refusal(int status, const std::string& message);

}  // namespace vesta::server
