// Reads, searches and creates under load.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "bench/ceilings.h"
#include "bench/phases.h"
#include "http/message.h"

namespace vesta::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kReadConnections = 64;
constexpr int kCreateConnections = 64;
constexpr int kSearchConnections = 30;
constexpr double kReadShareGoal = 0.5;
constexpr double kCreateShareGoal = 0.4;
constexpr double kSearchGoal = 4'000;
constexpr double kSearchP99GoalMs = 15;
// As src/store/sqlite names them.
constexpr const char* kGroupCount = "vesta_store_group_resources_count";
constexpr const char* kGroupSum = "vesta_store_group_resources_sum";
constexpr const char* kStoreFile = "/vesta.db";

LoadOptions load_options(const BenchState& state, std::uint16_t port, int connections) {
  LoadOptions load;
  load.port = port;
  load.connections = connections;
  load.warm_up = state.options.warm_up;
  load.measured = state.options.measured;
  return load;
}

struct SearchCase {
  std::string name;
  std::function<std::string(std::uint64_t)> target;
};

std::vector<SearchCase> search_cases(const BenchState& state) {
  const auto patient = [&state](std::uint64_t n) { return state.patients[pick(n) % state.patients.size()]; };
  const auto facts = [&state](std::uint64_t n) -> const PatientFacts& {
    return state.dataset.patients[pick(n) % state.dataset.patients.size()];
  };
  const auto year = [](std::uint64_t n) { return std::to_string(2005 + pick(n ^ 77) % 14); };
  const std::string loinc = "http%3A%2F%2Floinc.org%7C";
  return {
      {"patient + code + date",
       [=](std::uint64_t n) {
         return "Observation?patient=" + patient(n) + "&code=" + loinc + "8302-2&date=ge" + year(n);
       }},
      {"name", [=](std::uint64_t n) { return "Patient?name=" + http::percent_encode(facts(n).family); }},
      {"identifier",
       [=](std::uint64_t n) {
         return "Patient?identifier=https%3A%2F%2Fgithub.com%2Fsynthetichealth%2Fsynthea%7C" +
                http::percent_encode(facts(n).identifier);
       }},
      {"code, _count=10", [=](std::uint64_t) { return "Observation?code=" + loinc + "8867-4&_count=10"; }},
      {"code, _summary=count", [=](std::uint64_t) { return "Observation?code=" + loinc + "8867-4&_summary=count"; }},
      {"birthdate range",
       [](std::uint64_t n) {
         const std::uint64_t from = 1930 + pick(n) % 80;
         return "Patient?birthdate=ge" + std::to_string(from) + "&birthdate=lt" + std::to_string(from + 5);
       }},
      {"encounter by patient + date",
       [=](std::uint64_t n) { return "Encounter?patient=" + patient(n) + "&date=ge" + year(n) + "-01-01"; }},
      {"condition by code",
       [](std::uint64_t) {
         return std::string("Condition?code=http%3A%2F%2Fsnomed.info%2Fsct%7C444814009&_count=10");
       }},
      {"value-quantity range",
       [=](std::uint64_t n) {
         return "Observation?code=" + loinc + "8302-2&value-quantity=gt" + std::to_string(150 + pick(n) % 30) +
                "%7Chttp%3A%2F%2Funitsofmeasure.org%7Ccm&_count=10";
       }},
      {"patient, _lastUpdated, _sort=-date",
       [=](std::uint64_t n) {
         return "Observation?patient=" + patient(n) + "&_lastUpdated=gt2020&_sort=-date&_count=10";
       }},
  };
}

}  // namespace

Status measure_reads(BenchState& state, ServerProcess& server) {
  const RequestSource reads = [&](std::uint64_t number, std::string& out) {
    out = get_request("/fhir/" + state.locations[pick(number) % state.locations.size()]);
    return true;
  };
  const RequestSource constants = [&](std::uint64_t number, std::string& out) {
    out = get_request("/fhir/" + state.locations[pick(number) % state.locations.size()]);
    return true;
  };
  VESTA_TRY(const LoadResult first, must_run(load_options(state, server.port(), kReadConnections), reads));
  const std::uint64_t size = first.requests == 0 ? 1024 : first.body_bytes / first.requests;
  VESTA_TRY(const auto constant,
            ServerProcess::start({state.options.self, "--constant", std::to_string(size)}, state.log(), "/"));
  std::vector<double> rates, ceilings, p50, p99;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const LoadResult ceiling, must_run(load_options(state, constant->port(), kReadConnections), constants));
    VESTA_TRY(const LoadResult result, must_run(load_options(state, server.port(), kReadConnections), reads));
    ceilings.push_back(ceiling.rate());
    rates.push_back(result.rate());
    p50.push_back(result.percentile_ms(0.5));
    p99.push_back(result.percentile_ms(0.99));
    state.note_memory(server);
  }
  const double rate = median(rates), ceiling = median(ceilings);
  state.rows.push_back({"read by id, 64 connections", rate, "/s", median(p50), median(p99), ceiling,
                        ">= 50 % of ceiling", rate >= kReadShareGoal * ceiling,
                        "ceiling: constant body of " + std::to_string(size) + " bytes"});
  return kOk;
}

Status measure_searches(BenchState& state, ServerProcess& server) {
  for (const SearchCase& search : search_cases(state)) {
    std::vector<double> rates, p50, p99;
    std::uint64_t bytes = 0, requests = 0;
    for (int i = 0; i < state.options.repeats; ++i) {
      VESTA_TRY(const LoadResult result, must_run(load_options(state, server.port(), kSearchConnections),
                                                  [&](std::uint64_t number, std::string& out) {
                                                    out = get_request("/fhir/" + search.target(number));
                                                    return true;
                                                  }));
      rates.push_back(result.rate());
      p50.push_back(result.percentile_ms(0.5));
      p99.push_back(result.percentile_ms(0.99));
      bytes += result.body_bytes;
      requests += result.requests;
    }
    state.note_memory(server);
    const double rate = median(rates), slow = median(p99);
    state.rows.push_back({"search: " + search.name,
                          rate,
                          "/s",
                          median(p50),
                          slow,
                          {},
                          ">= 4,000/s, p99 < 15",
                          rate >= kSearchGoal && slow < kSearchP99GoalMs,
                          "mean answer " + std::to_string(requests == 0 ? 0 : bytes / requests) + " bytes"});
  }
  return kOk;
}

Status measure_creates(BenchState& state) {
  const std::string before = state.options.work + "/before.db";
  std::error_code error;
  fs::copy_file(state.store() + kStoreFile, before, fs::copy_options::overwrite_existing, error);
  if (error) return make_error(Category::unavailable, "no store file: " + error.message());

  VESTA_TRY(const auto server, state.serve("/fhir/metadata"));
  const double groups_before = server->metric(kGroupCount), writes_before = server->metric(kGroupSum);
  std::vector<double> rates, p50, p99;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(
        const LoadResult result,
        must_run(load_options(state, server->port(), kCreateConnections), [&](std::uint64_t number, std::string& out) {
          out = post_request("/fhir/Observation", state.observations[pick(number) % state.observations.size()]);
          return true;
        }));
    rates.push_back(result.rate());
    p50.push_back(result.percentile_ms(0.5));
    p99.push_back(result.percentile_ms(0.99));
    state.note_memory(*server);
  }
  const double groups = server->metric(kGroupCount) - groups_before, writes = server->metric(kGroupSum) - writes_before;
  if (groups < 1) return make_error(Category::internal, std::string("/metrics has no ") + kGroupCount);
  VESTA_CHECK_OK(server->stop());

  const auto group_size = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::lround(writes / groups)));
  std::vector<double> ceilings;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const ReplayResult replay,
              replay_creates(before, state.store() + kStoreFile, state.options.work + "/replay.db", group_size,
                             state.options.replayed));
    ceilings.push_back(replay.resources_per_second);
  }
  const double rate = median(rates), ceiling = median(ceilings);
  state.rows.push_back({"durable create, 64 connections", rate, "/s", median(p50), median(p99), ceiling,
                        ">= 40 % of ceiling", rate >= kCreateShareGoal * ceiling,
                        "ceiling: the same rows by a bare SQLite loop, " + std::to_string(group_size) + " per commit"});
  return kOk;
}

}  // namespace vesta::bench
