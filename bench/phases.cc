// Start, import and transactions; and the helpers of all phases.
#include "bench/phases.h"

#include <algorithm>
#include <filesystem>

namespace vesta::bench {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr double kHttpImportGoal = 5'000;
constexpr double kImportGoal = 12'000;
constexpr double kBytesGoal = 1'200;
constexpr double kStartGoalMs = 200;
constexpr double kIdleGoalMb = 60;
constexpr std::size_t kCreateBodies = 2'000;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// Notes what the server made of a Bundle's entries.
void keep_answer(BenchState& state, const BundleText& bundle, std::string_view body) {
  const std::vector<std::string> locations = locations_of(body);
  const bool has_patient =
      std::ranges::any_of(locations, [](const std::string& each) { return each.starts_with("Patient/"); });
  state.owners.insert(state.owners.end(), locations.size(), has_patient ? state.patients.size() : std::string::npos);
  for (const std::string& location : locations) {
    state.locations.push_back(location);
    if (location.starts_with("Patient/")) state.patients.push_back(location.substr(8));
  }
  if (locations.size() != bundle.full_urls.size()) return;
  for (std::size_t i = 0; i < bundle.observations.size() && state.observations.size() < kCreateBodies; i += 7) {
    std::string text = bundle.observations[i];
    for (std::size_t entry = 0; entry < locations.size(); ++entry) {
      if (text.find(bundle.full_urls[entry]) != std::string::npos) {
        replace_all(text, bundle.full_urls[entry], locations[entry]);
      }
    }
    state.observations.push_back(std::move(text));
  }
}

}  // namespace

std::uint64_t folder_bytes(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// splitmix64: https://prng.di.unimi.it/splitmix64.c (public domain)
std::uint64_t pick(std::uint64_t number) {
  std::uint64_t z = (number + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

Result<LoadResult> must_run(const LoadOptions& options, const RequestSource& source, const ResponseSink& sink) {
  VESTA_TRY(LoadResult result, run_load(options, source, sink));
  if (result.failures > 0) {
    return make_error(Category::internal,
                      std::to_string(result.failures) + " requests failed; the first: " + result.first_failure);
  }
  return result;
}

Result<std::unique_ptr<ServerProcess>> BenchState::serve(const std::string& target) const {
  return ServerProcess::start({options.binary, "serve", "--open", "--data", store()}, log(), target);
}

void BenchState::note_memory(const ServerProcess& server) {
  highest_resident = std::max(highest_resident, server.resident_bytes());
}

Status measure_import(BenchState& state) {
  const std::string store = state.options.work + "/import-store";
  std::vector<double> rates;
  for (int i = 0; i < state.options.repeats; ++i) {
    std::error_code error;
    fs::remove_all(store, error);
    const auto begin = SteadyClock::now();
    VESTA_CHECK_OK(run_program({state.options.binary, "import", "--data", store, state.dataset.folder}, state.log()));
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    rates.push_back(static_cast<double>(state.dataset.entries) / seconds);
  }
  const double rate = median(rates);
  const double bytes = static_cast<double>(folder_bytes(store)) / static_cast<double>(state.dataset.entries);
  state.rows.push_back(
      {"vesta import", rate, "/s", {}, {}, {}, ">= 12,000/s", rate >= kImportGoal, "resources/s, whole process"});
  state.rows.push_back({"stored bytes per resource (import)",
                        bytes,
                        "bytes",
                        {},
                        {},
                        {},
                        "<= 1,200",
                        bytes <= kBytesGoal,
                        "after a clean end"});
  return kOk;
}

RequestSource searches(const SearchCase& search) {
  return [&search](std::uint64_t number, std::string& out) {
    out = get_request("/fhir/" + search.target(number));
    return true;
  };
}
RequestSource creates(const BenchState& state) {
  return [&state](std::uint64_t number, std::string& out) {
    out = post_request("/fhir/Observation", state.observations[pick(number) % state.observations.size()]);
    return true;
  };
}

Result<LoadResult> post_bundles(BenchState& state, std::uint16_t port, int connections) {
  state.locations.clear();
  state.patients.clear();
  state.owners.clear();
  state.observations.clear();
  LoadOptions load;
  load.port = port;
  load.connections = connections;
  VESTA_TRY(LoadResult result, must_run(
                                   load,
                                   [&](std::uint64_t number, std::string& out) {
                                     if (number >= state.dataset.bundles.size()) return false;
                                     out = post_request("/fhir", state.dataset.bundles[number].text);
                                     return true;
                                   },
                                   [&](std::uint64_t number, int, std::string_view, std::string_view body) {
                                     keep_answer(state, state.dataset.bundles[number], body);
                                   }));
  if (state.locations.size() != state.dataset.entries || state.patients.empty() || state.observations.empty()) {
    return make_error(Category::internal, "the transactions answered with " + std::to_string(state.locations.size()) +
                                              " locations for " + std::to_string(state.dataset.entries) + " entries");
  }
  return result;
}

Status measure_transactions(BenchState& state) {
  std::vector<double> rates;
  LoadResult last;
  for (int i = 0; i < state.options.repeats; ++i) {
    std::error_code error;
    fs::remove_all(state.store(), error);
    VESTA_TRY(const auto server, state.serve("/fhir/metadata"));
    VESTA_TRY(last, post_bundles(state, server->port(), kImportConnections));
    rates.push_back(static_cast<double>(state.dataset.entries) / last.seconds);
    state.note_memory(*server);
    VESTA_CHECK_OK(server->stop());
  }
  const double rate = median(rates);
  state.rows.push_back({"transactions over HTTP, 8 connections",
                        rate,
                        "/s",
                        last.percentile_ms(0.5),
                        last.percentile_ms(0.99),
                        {},
                        ">= 5,000/s",
                        rate >= kHttpImportGoal,
                        "resources/s; latency of a Bundle"});
  const double bytes = static_cast<double>(folder_bytes(state.store())) / static_cast<double>(state.dataset.entries);
  state.rows.push_back({"stored bytes per resource (HTTP)",
                        bytes,
                        "bytes",
                        {},
                        {},
                        {},
                        "<= 1,200",
                        bytes <= kBytesGoal,
                        "after a clean stop"});
  return kOk;
}

Status measure_start(BenchState& state) {
  std::vector<double> times, idle;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const auto server,
              state.serve("/fhir/" + state.locations[pick(static_cast<std::uint64_t>(i)) % state.locations.size()]));
    times.push_back(static_cast<double>(server->start_time().count()));
    idle.push_back(static_cast<double>(server->resident_bytes()) / 1e6);
    VESTA_CHECK_OK(server->stop());
  }
  const double start = median(times), memory = median(idle);
  state.rows.push_back({"start to first answer, loaded store",
                        start,
                        "ms",
                        {},
                        {},
                        {},
                        "<= 200 ms",
                        start <= kStartGoalMs,
                        "from fork to a read by id"});
  state.rows.push_back(
      {"resident memory, idle", memory, "MB", {}, {}, {}, "<= 60 MB", memory <= kIdleGoalMb, "after the first answer"});
  return kOk;
}

}  // namespace vesta::bench
