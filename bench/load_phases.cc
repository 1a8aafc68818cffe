// Reads, searches and creates under load.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "bench/ceilings.h"
#include "bench/phases.h"
#include "http/message.h"

namespace vesta::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kReadShareGoal = 0.5;
constexpr double kCreateShareGoal = 0.4;
constexpr double kSearchGoal = 4'000;
constexpr double kSearchP99GoalMs = 15;
// As src/store/sqlite names them.
constexpr const char* kGroupCount = "vesta_store_group_resources_count";
constexpr const char* kGroupSum = "vesta_store_group_resources_sum";
constexpr const char* kSyncCount = "vesta_store_fsync_seconds_count";
constexpr const char* kSyncSum = "vesta_store_fsync_seconds_sum";
constexpr double kMaxSyncRatio = 1.3;  // between the two sides of a pair
constexpr const char* kStoreFile = "/vesta.db";

}  // namespace

LoadOptions load_options(const BenchState& state, std::uint16_t port, int connections) {
  LoadOptions load;
  load.port = port;
  load.connections = connections;
  load.warm_up = state.options.warm_up;
  load.measured = state.options.measured;
  return load;
}

std::vector<SearchCase> search_cases(const BenchState& state, const std::vector<std::string>& patients) {
  const auto patient = [&patients](std::uint64_t n) { return patients[pick(n) % patients.size()]; };
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
  ReportRow row;
  row.name = "read by id, 64 connections";
  row.unit = "/s";
  row.p50_ms = median(p50);
  row.p99_ms = median(p99);
  row.goal = ">= 50 % of ceiling";
  row.note = "ceiling: constant body of " + std::to_string(size) + " bytes";
  judge_by_ceiling(row, rates, ceilings, kReadShareGoal, "");
  state.rows.push_back(std::move(row));
  return kOk;
}

Status measure_searches(BenchState& state, ServerProcess& server) {
  for (const SearchCase& search : search_cases(state, state.patients)) {
    std::vector<double> rates, p50, p99;
    std::uint64_t bytes = 0, requests = 0;
    for (int i = 0; i < state.options.repeats; ++i) {
      VESTA_TRY(const LoadResult result,
                must_run(load_options(state, server.port(), kSearchConnections), searches(search)));
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

namespace {

// One round of creates, and right after it the bare loop over the rows that it wrote.
struct CreatePair {
  LoadResult load;
  ReplayResult replay;
  std::uint64_t group_size = 1;
  double sync_ms = 0;  // of the server: mean time of a commit's sync
};

Result<CreatePair> run_create_pair(BenchState& state) {
  CreatePair pair;
  const std::string file = state.store() + kStoreFile;
  const std::string before = state.options.work + "/before.db";
  std::error_code error;
  fs::copy_file(file, before, fs::copy_options::overwrite_existing, error);
  if (error) return make_error(Category::unavailable, "no store file: " + error.message());

  VESTA_TRY(const auto server, state.serve("/fhir/metadata"));
  const double groups_before = server->metric(kGroupCount), writes_before = server->metric(kGroupSum);
  const double syncs_before = server->metric(kSyncCount), sync_seconds_before = server->metric(kSyncSum);
  VESTA_TRY(pair.load, must_run(load_options(state, server->port(), kCreateConnections), creates(state)));
  state.note_memory(*server);
  const double groups = server->metric(kGroupCount) - groups_before;
  const double writes = server->metric(kGroupSum) - writes_before;
  const double syncs = server->metric(kSyncCount) - syncs_before;
  if (groups < 1 || syncs < 1) return make_error(Category::internal, std::string("/metrics has no ") + kGroupCount);
  if (syncs < groups) return make_error(Category::internal, "the server committed without a sync");
  pair.sync_ms = (server->metric(kSyncSum) - sync_seconds_before) / syncs * 1000;
  pair.group_size = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::lround(writes / groups)));
  VESTA_CHECK_OK(server->stop());
  VESTA_TRY(pair.replay,
            replay_creates(before, file, state.options.work + "/replay.db", pair.group_size, state.options.replayed));
  return pair;
}

}  // namespace

Status measure_creates(BenchState& state) {
  std::vector<double> rates, ceilings, p50, p99, groups, syncs, commits;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const CreatePair pair, run_create_pair(state));
    rates.push_back(pair.load.rate());
    ceilings.push_back(pair.replay.resources_per_second);
    p50.push_back(pair.load.percentile_ms(0.5));
    p99.push_back(pair.load.percentile_ms(0.99));
    groups.push_back(static_cast<double>(pair.group_size));
    syncs.push_back(pair.sync_ms);
    commits.push_back(pair.replay.commit_ms);
  }
  ReportRow row;
  row.name = "durable create, 64 connections";
  row.unit = "/s";
  row.p50_ms = median(p50);
  row.p99_ms = median(p99);
  row.goal = ">= 40 % of ceiling";
  char text[160];
  std::snprintf(text, sizeof(text),
                "ceiling: the same rows by a bare SQLite loop, %.0f per commit; sync %.2f ms, the loop's %.2f",
                median(groups), median(syncs), median(commits));
  row.note = text;
  // Both sides wait for the disk most of the time: where its speed differed, so do they, whatever the program does.
  const double ratio = median(syncs) / std::max(median(commits), 1e-6);
  const bool is_same_disk = ratio < kMaxSyncRatio && ratio > 1 / kMaxSyncRatio;
  judge_by_ceiling(row, rates, ceilings, kCreateShareGoal, is_same_disk ? "" : "the disk's speed changed");
  state.rows.push_back(std::move(row));
  return kOk;
}

}  // namespace vesta::bench
