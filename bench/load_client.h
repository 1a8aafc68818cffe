// A load generator: keep-alive HTTP/1.1 connections on one thread over epoll, with the latency of every request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vesta::bench {

// Closed loop: each connection has one request on its way and sends the next when the answer is complete.
struct LoadOptions {
  std::uint16_t port = 0;
  int connections = 1;
  std::chrono::milliseconds warm_up{0};   // answers during it are not counted
  std::chrono::milliseconds measured{0};  // zero: until the source has no more
};

// Writes the whole text of the number-th request to `out` (which is empty); false: there are no more.
using RequestSource = std::function<bool(std::uint64_t number, std::string& out)>;
// Sees each answer, counted or not.
using ResponseSink =
    std::function<void(std::uint64_t number, int status, std::string_view head, std::string_view body)>;

struct LoadResult {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  // status outside 200-299, or a lost connection
  std::uint64_t body_bytes = 0;
  double seconds = 0;
  std::vector<std::uint32_t> latencies_us;  // sorted
  std::string first_failure;

  double rate() const { return seconds > 0 ? static_cast<double>(requests) / seconds : 0; }
  // `share` from 0 to 1; milliseconds.
  double percentile_ms(double share) const;
};

Result<LoadResult> run_load(const LoadOptions& options, const RequestSource& source, const ResponseSink& sink = {});

// One request on its own connection.
struct Answer {
  int status = 0;
  std::string head, body;
};
Result<Answer> ask(std::uint16_t port, const std::string& request);

// `headers`: whole lines, each with its end.
std::string get_request(std::string_view target, std::string_view headers = {});
std::string post_request(std::string_view target, std::string_view body, std::string_view headers = {});

}  // namespace vesta::bench
