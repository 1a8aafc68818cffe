// RequestLog: the line and the figures of each request that was answered.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/message.h"

namespace vesta::ops {

// One line per request at level info, or only what is slow or fails.
enum class AccessLog { off, on };

// Thread-safe.
class RequestLog {
 public:
  // `names`: of the interactions that there are. `metrics` may be null; both references outlive it.
  RequestLog(Clock& clock, Metrics* metrics, AccessLog access_log, std::vector<std::string> names);

  // `interaction`: its place in `names`.
  void observe(const http::Request& request, std::size_t interaction, const http::Response& response,
               std::chrono::steady_clock::duration elapsed);

 private:
  struct Meters {
    Histogram* seconds;
    std::array<Counter*, 4> requests;  // 2xx, 3xx, 4xx, 5xx
  };

  log::Level level_of(int status, std::chrono::steady_clock::duration elapsed);

  Clock& clock_;
  const AccessLog access_log_;
  const std::vector<std::string> names_;
  std::vector<Meters> meters_;                         // looked up once, by interaction; empty: none
  std::atomic<std::int64_t> last_refusal_logged_{-1};  // the second of it
};

}  // namespace vesta::ops
