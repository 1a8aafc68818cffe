// What is worth a line, and at which level.
#include "ops/request_log.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace vesta::ops {
namespace {

inline constexpr std::chrono::milliseconds kSlowRequest{1000};  // a request that takes longer is logged
inline constexpr std::size_t kMaxLoggedPath = 512;              // bytes; every path that leads anywhere is shorter

const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                             0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return bounds;
}

// "/fhir/Patient/a/_history/2" -> "/fhir/Patient/*/_history/2": an id may be somebody's number, and what stands in a
// log goes many ways. The audit record of the same request id has it. What looks like the name of a type is followed by
// an id, or by an operation or a search, which are told apart by their first letter.
std::string without_ids(std::string_view path) {
  std::string logged;
  bool follows_type = false;
  path = path.substr(0, kMaxLoggedPath);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(1, end - 1);
    const bool is_id = follows_type && !segment.empty() && segment.front() != '$' && segment.front() != '_';
    logged += is_id ? std::string_view("/*") : path.substr(0, end);
    if (!segment.empty()) follows_type = !is_id && segment.front() >= 'A' && segment.front() <= 'Z';
    path.remove_prefix(end);
  }
  return logged;
}

}  // namespace

RequestLog::RequestLog(Clock& clock, Metrics* metrics, AccessLog access_log, std::vector<std::string> names)
    : clock_(clock), access_log_(access_log), names_(std::move(names)) {
  if (metrics == nullptr) return;
  for (const std::string& name : names_) {
    Meters& meters = meters_.emplace_back();
    meters.seconds = &metrics->histogram("vesta_request_seconds", "Time to answer a request, by interaction.",
                                         latency_bounds(), {{"interaction", name}});
    for (std::size_t group = 0; group < meters.requests.size(); ++group) {
      const std::string status = std::to_string(group + 2) + "xx";
      meters.requests[group] =
          &metrics->counter("vesta_requests_total", "Requests answered, by interaction and status.",
                            {{"interaction", name}, {"status", status}});
    }
  }
}

void RequestLog::observe(const http::Request& request, std::size_t interaction, const http::Response& response,
                         std::chrono::steady_clock::duration elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (!meters_.empty()) {
    const int group = response.status / 100 - 2;
    meters_[interaction].seconds->observe(seconds);
    if (group >= 0 && group < 4) meters_[interaction].requests[static_cast<std::size_t>(group)]->add();
  }
  const log::Level level = level_of(response.status, elapsed);
  if (!log::enabled(level)) return;
  // Queries and bodies hold health data, ids may: they are not logged. What a failure of ours says of itself is.
  const log::Field method("method", http::to_string(request.method));
  const std::string logged_path = without_ids(request.path);
  const log::Field path("path", logged_path);
  const log::Field name("interaction", names_[interaction]);
  const log::Field status("status", response.status);
  const log::Field bytes("bytes", response.body.size());
  const log::Field elapsed_ms("elapsed_ms", static_cast<double>(elapsed / std::chrono::microseconds(1)) / 1000);
  if (response.status == 500) {
    log::write(level, "request", {method, path, name, status, bytes, elapsed_ms, {"outcome", response.body}});
  } else {
    log::write(level, "request", {method, path, name, status, bytes, elapsed_ms});
  }
}

// A store that cannot answer refuses every request: one warning a second says so as well as thousands.
log::Level RequestLog::level_of(int status, std::chrono::steady_clock::duration elapsed) {
  const log::Level ordinary = access_log_ == AccessLog::on ? log::Level::info : log::Level::debug;
  if (status == 503) {
    const std::int64_t now = clock_.monotonic().time_since_epoch() / std::chrono::seconds(1);
    if (last_refusal_logged_.exchange(now) != now) return log::Level::warning;
    return ordinary;
  }
  if (status >= 500) return log::Level::error;
  return elapsed >= kSlowRequest ? log::Level::info : ordinary;
}

}  // namespace vesta::ops
