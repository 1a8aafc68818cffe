// Searches that go from one resource to others, on Synthea's data and on two sizes of the synthetic population.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/phases.h"
#include "http/message.h"

namespace vesta::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kFirstPageP99GoalMs = 15;
constexpr double kCountGoalMicroseconds = 0.1;  // per match
constexpr double kGrowthGoal = 2;               // of a first page's time, at ten times the data
constexpr int kGrowth = 10;
constexpr int kFirstCounts = 30;

// What the targets of searches are drawn from.
struct Draws {
  std::vector<std::string> patients;  // ids
  std::vector<std::string> families;
};

struct Case {
  std::string name;
  std::function<std::string(const Draws&, std::uint64_t)> target;
};

const std::string& drawn(const std::vector<std::string>& from, std::uint64_t number) {
  return from[pick(number) % from.size()];
}

// Codes that both data sets have: body height, heart rate.
const std::vector<Case>& cases() {
  static const std::string kHeight = "http%3A%2F%2Floinc.org%7C8302-2";
  static const std::string kRate = "http%3A%2F%2Floinc.org%7C8867-4";
  static const std::vector<Case> kCases = {
      {"token", [](const Draws&, std::uint64_t) { return "Observation?code=" + kRate; }},
      {"date range",
       [](const Draws&, std::uint64_t n) { return "Observation?date=ge" + std::to_string(2005 + pick(n) % 10); }},
      {"patient + code + date",
       [](const Draws& draws, std::uint64_t n) {
         return "Observation?patient=" + drawn(draws.patients, n) + "&code=" + kHeight + "&date=ge2005&date=lt2030";
       }},
      {"chain by name",
       [](const Draws& draws, std::uint64_t n) { return "Observation?patient.name=" + drawn(draws.families, n); }},
      {"chain by gender + code",
       [](const Draws&, std::uint64_t) { return "Observation?patient.gender=female&code=" + kHeight; }},
      {"_has by code", [](const Draws&, std::uint64_t) { return "Patient?_has:Observation:patient:code=" + kHeight; }},
      {"_include",
       [](const Draws&, std::uint64_t) { return "Observation?code=" + kRate + "&_include=Observation:patient"; }},
      {"_revinclude",
       [](const Draws& draws, std::uint64_t n) {
         return "Patient?family=" + drawn(draws.families, n) + "&_count=2&_revinclude=Encounter:patient";
       }},
      {"missing",
       [](const Draws&, std::uint64_t) { return std::string("Observation?component-code:missing=false&_count=10"); }},
      {"code, sorted by date and status",
       [](const Draws&, std::uint64_t) { return "Observation?code=" + kHeight + "&_sort=-date,status&_count=10"; }},
      {"composite",
       [](const Draws&, std::uint64_t n) {
         return "Observation?code-value-quantity=" + kHeight + "%24gt" + std::to_string(150 + pick(n) % 20);
       }},
  };
  return kCases;
}

// Reads ids and family names of some patients from a page of the server's own.
Result<Draws> draw(const ServerProcess& server) {
  VESTA_TRY(const Answer answer, ask(server.port(), get_request("/fhir/Patient?_count=200")));
  if (answer.status != 200) return make_error(Category::unavailable, "no patients: " + answer.body.substr(0, 300));
  const auto texts_behind = [&answer](const std::string& key) {
    std::vector<std::string> found;
    for (std::size_t at = 0; (at = answer.body.find(key, at)) != std::string::npos;) {
      at += key.size();
      found.push_back(http::percent_encode(answer.body.substr(at, answer.body.find('"', at) - at)));
    }
    return found;
  };
  Draws draws{texts_behind("{\"resourceType\":\"Patient\",\"id\":\""), texts_behind("\"family\":\"")};
  if (draws.patients.empty() || draws.families.empty()) {
    return make_error(Category::unavailable, "the first page of patients names none");
  }
  return draws;
}

struct Times {
  double rate = 0, p50_ms = 0, p99_ms = 0;
};
Result<Times> measure(const BenchState& state, const ServerProcess& server, const Draws& draws, const Case& search) {
  LoadOptions load;
  load.port = server.port();
  load.connections = kSearchConnections;
  load.warm_up = state.options.warm_up;
  load.measured = state.options.measured;
  std::vector<double> rates, p50, p99;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const LoadResult result, must_run(load, [&](std::uint64_t number, std::string& out) {
                out = get_request("/fhir/" + search.target(draws, number));
                return true;
              }));
    rates.push_back(result.rate());
    p50.push_back(result.percentile_ms(0.5));
    p99.push_back(result.percentile_ms(0.99));
  }
  return Times{median(rates), median(p50), median(p99)};
}

// Exact counts of one code over the largest type, one request at a time, in microseconds per match.
struct CountTimes {
  double first = 0;  // after a resource with the code was written: nothing is kept of it
  double again = 0;
  std::uint64_t matches = 0;
};

const std::string& count_target() {
  static const std::string kTarget =
      get_request("/fhir/Observation?code=http%3A%2F%2Floinc.org%7C8867-4&_summary=count");
  return kTarget;
}

// The times of some counts in microseconds, each behind a write.
Result<std::vector<double>> first_counts(const ServerProcess& server) {
  const std::string create =
      post_request("/fhir/Observation", R"({"resourceType":"Observation","status":"final",)"
                                        R"("code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]}})");
  LoadOptions load;
  load.port = server.port();
  load.connections = 1;
  std::vector<double> times;
  for (int i = 0; i < kFirstCounts; ++i) {
    VESTA_TRY(const Answer written, ask(server.port(), create));
    if (written.status != 201) return make_error(Category::unavailable, "not created: " + written.body.substr(0, 300));
    VESTA_TRY(const LoadResult result, must_run(load, [](std::uint64_t number, std::string& out) {
                out = count_target();
                return number == 0;
              }));
    times.push_back(result.percentile_ms(0.5) * 1000);
  }
  return times;
}

Result<CountTimes> measure_counts(const BenchState& state, const ServerProcess& server) {
  LoadOptions load;
  load.port = server.port();
  load.connections = 1;
  load.warm_up = state.options.warm_up;
  load.measured = state.options.measured;
  CountTimes counts;
  const auto read_total = [&counts](std::uint64_t, int, std::string_view, std::string_view body) {
    const std::size_t at = body.find("\"total\":");
    if (at == std::string_view::npos) return;
    counts.matches = std::strtoull(std::string(body.substr(at + 8, 20)).c_str(), nullptr, 10);
  };
  const auto source = [](std::uint64_t, std::string& out) {
    out = count_target();
    return true;
  };
  std::vector<double> again;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const LoadResult result, must_run(load, source, read_total));
    again.push_back(result.percentile_ms(0.5) * 1000);
  }
  VESTA_TRY(const std::vector<double> first, first_counts(server));
  if (counts.matches == 0) return counts;
  counts.first = median(first) / static_cast<double>(counts.matches);
  counts.again = median(again) / static_cast<double>(counts.matches);
  return counts;
}

// `where`: behind "count of one code".
void add_counts(const CountTimes& counts, const std::string& where, BenchState& state) {
  const std::string note = std::to_string(counts.matches) + " matches, whole request";
  ReportRow first;
  first.name = "count of one code" + where + ", first, per match";
  first.value = counts.first * 1000;
  first.unit = "ns";
  first.goal = "< 100 ns";
  first.met = counts.first < kCountGoalMicroseconds;
  first.note = note;
  state.rows.push_back(std::move(first));
  ReportRow again;  // it is one look-up, whatever it counts
  again.name = "count of one code" + where + ", again";
  again.value = counts.again * static_cast<double>(counts.matches);
  again.unit = "us";
  again.note = note;
  state.rows.push_back(std::move(again));
}

ReportRow row_of(const std::string& name, const Times& times) {
  ReportRow row;
  row.name = name;
  row.value = times.rate;
  row.unit = "/s";
  row.p50_ms = times.p50_ms;
  row.p99_ms = times.p99_ms;
  return row;
}

// What the row is held against, and how much both figures grew.
std::string growth_note(std::size_t patients, const Times& small, const Times& large) {
  char text[160];
  std::snprintf(text, sizeof(text), "ceiling: %zu patients, p50 %.2f ms, p99 %.2f ms; grew by %.2f and %.2f", patients,
                small.p50_ms, small.p99_ms, large.p50_ms / small.p50_ms, large.p99_ms / small.p99_ms);
  return text;
}

// A store with a synthetic population, made anew.
Result<std::unique_ptr<ServerProcess>> serve_population(const BenchState& state, std::size_t patients) {
  const std::string folder = state.options.work + "/population-" + std::to_string(patients);
  std::error_code error;
  fs::remove_all(folder, error);
  VESTA_CHECK_OK(run_program({state.options.binary, "sample", "--patients", std::to_string(patients), "--seed", "1",
                              "--format", "ndjson", "--output", folder + "/sample"},
                             state.log()));
  VESTA_CHECK_OK(
      run_program({state.options.binary, "import", "--data", folder + "/store", folder + "/sample"}, state.log()));
  fs::remove_all(folder + "/sample", error);
  return ServerProcess::start({state.options.binary, "serve", "--open", "--data", folder + "/store"}, state.log(),
                              "/fhir/metadata");
}

}  // namespace

Status measure_joined_searches(BenchState& state, ServerProcess& server) {
  VESTA_TRY(const Draws draws, draw(server));
  for (const Case& search : cases()) {
    VESTA_TRY(const Times times, measure(state, server, draws, search));
    ReportRow row = row_of("first page: " + search.name, times);
    row.goal = "p99 < 15 ms";
    row.met = times.p99_ms < kFirstPageP99GoalMs;
    state.rows.push_back(std::move(row));
  }
  VESTA_TRY(const CountTimes counts, measure_counts(state, server));
  add_counts(counts, "", state);
  return kOk;
}

Status measure_growth(BenchState& state) {
  const std::size_t patients = state.options.population;
  std::vector<Times> small;
  {
    VESTA_TRY(const auto server, serve_population(state, patients));
    VESTA_TRY(const Draws draws, draw(*server));
    for (const Case& search : cases()) {
      VESTA_TRY(const Times times, measure(state, *server, draws, search));
      small.push_back(times);
    }
    VESTA_CHECK_OK(server->stop());
  }
  VESTA_TRY(const auto server, serve_population(state, patients * kGrowth));
  VESTA_TRY(const Draws draws, draw(*server));
  for (std::size_t i = 0; i < cases().size(); ++i) {
    VESTA_TRY(const Times times, measure(state, *server, draws, cases()[i]));
    ReportRow row = row_of("at 10 x the data: " + cases()[i].name, times);
    row.ceiling = small[i].rate;
    row.goal = "p50 and p99 <= 2 x";
    row.met = times.p50_ms <= kGrowthGoal * small[i].p50_ms && times.p99_ms <= kGrowthGoal * small[i].p99_ms;
    row.note = growth_note(patients, small[i], times);
    state.rows.push_back(std::move(row));
  }
  VESTA_TRY(const CountTimes counts, measure_counts(state, *server));
  add_counts(counts, " at 10 x", state);
  return server->stop();
}

}  // namespace vesta::bench
