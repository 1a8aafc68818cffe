// Nodes on PostgreSQL: against the embedded store, one against two, and what a request costs node and database.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/database.h"
#include "bench/phases.h"

namespace vesta::bench {
namespace {

constexpr double kKeptReadsShare = 0.8;  // of the embedded store's
constexpr double kReadsGoal = 8'000;
constexpr double kCreatesGoal = 1'500;
constexpr double kTransactionsGoal = 2'000;
constexpr double kSearchesGoal = 2'000;
constexpr double kFleetSearchP99GoalMs = 25;
constexpr int kOkStatus = 200;
constexpr std::size_t kKept = 2'000;  // resources that are read again and again
constexpr const char* kLoaded = "loaded";
constexpr const char* kFresh = "fresh";

using Nodes = std::vector<std::unique_ptr<ServerProcess>>;

// A load on all nodes at once, and what each of its requests cost.
struct FleetLoad {
  double rate = 0;  // of all nodes together
  double p50_ms = 0, p99_ms = 0;
  double node_us = 0, database_us = 0;  // CPU, of a request
};

class Fleet {
 public:
  Fleet(BenchState& state, const Database& database) : state_(state), database_(database) {}

  Status serve(std::size_t count) {
    nodes_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      VESTA_TRY(auto node, ServerProcess::start({state_.options.binary, "serve", "--open", "--base-url",
                                                 "http://localhost/fhir", "--store", database_.url(kLoaded)},
                                                state_.log(), "/fhir/metadata"));
      nodes_.push_back(std::move(node));
    }
    return kOk;
  }
  Status stop() {
    for (const auto& node : nodes_) {
      state_.note_memory(*node);
      VESTA_CHECK_OK(node->stop());
    }
    nodes_.clear();
    return kOk;
  }

  Result<Answer> ask_one(const std::string& request) const { return ask(nodes_.front()->port(), request); }

  // `connections` of all nodes together. `measured`: zero: until the source has no more.
  Result<FleetLoad> run(int connections, std::chrono::milliseconds measured, const RequestSource& source) {
    const double nodes_before = node_seconds(), database_before = database_.cpu_seconds();
    std::vector<std::optional<Result<LoadResult>>> results(nodes_.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      threads.emplace_back([&, i] {
        LoadOptions load;
        load.port = nodes_[i]->port();
        load.connections = connections / static_cast<int>(nodes_.size());
        load.measured = measured;
        // Each asks other things than the others, at one moment.
        results[i].emplace(must_run(
            load, [&, i](std::uint64_t number, std::string& out) { return source(number * nodes_.size() + i, out); }));
      });
    }
    for (std::thread& thread : threads) thread.join();
    FleetLoad sum;
    double requests = 0;
    for (std::optional<Result<LoadResult>>& each : results) {
      VESTA_TRY(const LoadResult result, *std::move(each));
      sum.rate += result.rate();
      sum.p50_ms = std::max(sum.p50_ms, result.percentile_ms(0.5));
      sum.p99_ms = std::max(sum.p99_ms, result.percentile_ms(0.99));
      requests += static_cast<double>(result.requests);
    }
    constexpr double kMicroseconds = 1e6;
    sum.node_us = (node_seconds() - nodes_before) / std::max(requests, 1.0) * kMicroseconds;
    sum.database_us = (database_.cpu_seconds() - database_before) / std::max(requests, 1.0) * kMicroseconds;
    return sum;
  }

 private:
  double node_seconds() const {
    double sum = 0;
    for (const auto& node : nodes_) sum += node->cpu_seconds();
    return sum;
  }

  BenchState& state_;
  const Database& database_;
  Nodes nodes_;
};

// Of several runs of a load.
class Runs {
 public:
  void add(const FleetLoad& load) { loads_.push_back(load); }
  double of(double FleetLoad::* member) const {
    std::vector<double> values;
    for (const FleetLoad& load : loads_) values.push_back(load.*member);
    return median(values);
  }
  std::vector<double> rates() const {
    std::vector<double> values;
    for (const FleetLoad& load : loads_) values.push_back(load.rate);
    return values;
  }
  // Without a verdict.
  ReportRow row(const std::string& name) const {
    ReportRow row;
    row.name = name;
    row.value = of(&FleetLoad::rate);
    row.unit = "/s";
    row.p50_ms = of(&FleetLoad::p50_ms);
    row.p99_ms = of(&FleetLoad::p99_ms);
    char text[80];
    std::snprintf(text, sizeof(text), "CPU of a request: node %.0f us, database %.0f us", of(&FleetLoad::node_us),
                  of(&FleetLoad::database_us));
    row.note = text;
    return row;
  }

 private:
  std::vector<FleetLoad> loads_;
};

RequestSource reads(const BenchState& state, std::size_t count) {
  const std::size_t most = std::min(count, state.locations.size());
  return [&state, most](std::uint64_t number, std::string& out) {
    out = get_request("/fhir/" + state.locations[pick(number) % most]);
    return true;
  };
}
// Each once.
RequestSource all_reads(const BenchState& state) {
  return [&state](std::uint64_t number, std::string& out) {
    if (number >= state.locations.size()) return false;
    out = get_request("/fhir/" + state.locations[number]);
    return true;
  };
}

// That PostgreSQL's plan of each search reads its tables by their indexes alone.
Status check_plans(BenchState& state, Fleet& fleet) {
  double explained = 0;
  for (const SearchCase& search : search_cases(state, state.patients)) {
    VESTA_TRY(const Answer answer, fleet.ask_one(get_request("/fhir/" + search.target(0), "Prefer: explain\r\n")));
    if (answer.status != kOkStatus || answer.body.find(" by PostgreSQL's plan") == std::string::npos ||
        answer.body.find("Index ") == std::string::npos) {
      return make_error(Category::internal, "the search \"" + search.name + "\" is not explained: " + answer.body);
    }
    if (answer.body.find("Seq Scan") != std::string::npos) {
      return make_error(Category::internal, "the search \"" + search.name + "\" reads a whole table: " + answer.body);
    }
    ++explained;
  }
  ReportRow row;
  row.name = "PostgreSQL: plans that use indexes alone";
  row.value = explained;
  row.unit = "searches";
  row.goal = "all";
  row.met = true;
  state.rows.push_back(std::move(row));
  return kOk;
}

// The Bundles of the set, into an empty database.
Status measure_fleet_transactions(BenchState& state, const Database& database) {
  std::vector<double> rates;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_CHECK_OK(database.create(kFresh));
    const std::string url = database.url(kFresh);
    VESTA_CHECK_OK(run_program({state.options.binary, "migrate", "--store", url}, state.log()));
    VESTA_TRY(const auto node, ServerProcess::start({state.options.binary, "serve", "--open", "--store", url},
                                                    state.log(), "/fhir/metadata"));
    LoadOptions load;
    load.port = node->port();
    load.connections = kImportConnections;
    VESTA_TRY(const LoadResult result, must_run(load, [&](std::uint64_t number, std::string& out) {
                if (number >= state.dataset.bundles.size()) return false;
                out = post_request("/fhir", state.dataset.bundles[number].text);
                return true;
              }));
    rates.push_back(static_cast<double>(state.dataset.entries) / result.seconds);
    VESTA_CHECK_OK(node->stop());
  }
  ReportRow row;
  row.name = "PostgreSQL: transactions, 8 connections";
  row.value = median(rates);
  row.unit = "/s";
  row.goal = ">= 2,000/s";
  row.met = row.value >= kTransactionsGoal;
  row.note = "resources/s";
  state.rows.push_back(std::move(row));
  return kOk;
}

// Reads of what a node keeps, beside the same reads by a node on the embedded store.
Status measure_kept_reads(BenchState& state, Fleet& fleet) {
  Runs kept;
  std::vector<double> embedded;
  VESTA_TRY(const auto server, state.serve("/fhir/metadata"));
  const RequestSource source = reads(state, kKept);
  VESTA_TRY([[maybe_unused]] const FleetLoad warm, fleet.run(kReadConnections, state.options.measured, source));
  VESTA_TRY([[maybe_unused]] const LoadResult warm_too,
            must_run(load_options(state, server->port(), kReadConnections), source));
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const LoadResult result, must_run(load_options(state, server->port(), kReadConnections), source));
    embedded.push_back(result.rate());
    VESTA_TRY(const FleetLoad load, fleet.run(kReadConnections, state.options.measured, source));
    kept.add(load);
  }
  VESTA_CHECK_OK(server->stop());
  ReportRow row = kept.row("PostgreSQL: read by id, kept by the node");
  row.goal = ">= 80 % of embedded";
  judge_by_ceiling(row, kept.rates(), embedded, kKeptReadsShare, "");
  state.rows.push_back(std::move(row));
  return kOk;
}

Status measure_one_node(BenchState& state, Fleet& fleet) {
  Runs unkept;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_CHECK_OK(fleet.serve(1));  // it has kept nothing yet
    VESTA_TRY(const FleetLoad load, fleet.run(kReadConnections, std::chrono::milliseconds(0), all_reads(state)));
    unkept.add(load);
    VESTA_CHECK_OK(fleet.stop());
  }
  ReportRow row = unkept.row("PostgreSQL: read by id, each once");
  row.goal = ">= 8,000/s";
  row.met = row.value >= kReadsGoal;
  state.rows.push_back(std::move(row));
  VESTA_CHECK_OK(fleet.serve(1));
  VESTA_CHECK_OK(measure_kept_reads(state, fleet));
  VESTA_CHECK_OK(check_plans(state, fleet));
  for (const SearchCase& search : search_cases(state, state.patients)) {
    Runs runs;
    VESTA_TRY([[maybe_unused]] const FleetLoad warm,
              fleet.run(kSearchConnections, state.options.warm_up, searches(search)));
    for (int i = 0; i < state.options.repeats; ++i) {
      VESTA_TRY(const FleetLoad load, fleet.run(kSearchConnections, state.options.measured, searches(search)));
      runs.add(load);
    }
    ReportRow found = runs.row("PostgreSQL: search " + search.name);
    found.goal = ">= 2,000/s, p99 < 25";
    found.met = found.value >= kSearchesGoal && *found.p99_ms < kFleetSearchP99GoalMs;
    state.rows.push_back(std::move(found));
  }
  Runs created;
  for (int i = 0; i < state.options.repeats; ++i) {
    VESTA_TRY(const FleetLoad load, fleet.run(kCreateConnections, state.options.measured, creates(state)));
    created.add(load);
  }
  ReportRow made = created.row("PostgreSQL: create, 64 connections");
  made.goal = ">= 1,500/s";
  made.met = made.value >= kCreatesGoal;
  state.rows.push_back(std::move(made));
  return fleet.stop();
}

// The same load on one node and on two over the same database. They share the machine, so the rates say what the
// database and the traffic between nodes cost; what two machines would add, the CPU of a node says.
Status measure_two_nodes(BenchState& state, Fleet& fleet) {
  const std::vector<SearchCase> cases = search_cases(state, state.patients);
  struct Case {
    std::string name;
    int connections;
    RequestSource source;
  };
  const std::vector<Case> loads = {{"read by id, kept", kReadConnections, reads(state, kKept)},
                                   {"search " + cases[0].name, kSearchConnections, searches(cases[0])},
                                   {"create", kCreateConnections, creates(state)}};
  // Creates come last: what they add is found by the searches.
  for (const Case& load : loads) {
    std::vector<double> single;
    for (const std::size_t count : {std::size_t{1}, std::size_t{2}}) {
      VESTA_CHECK_OK(fleet.serve(count));
      Runs runs;
      VESTA_TRY([[maybe_unused]] const FleetLoad warm,
                fleet.run(load.connections, state.options.measured, load.source));
      for (int repeat = 0; repeat < state.options.repeats; ++repeat) {
        VESTA_TRY(const FleetLoad measured, fleet.run(load.connections, state.options.measured, load.source));
        runs.add(measured);
      }
      VESTA_CHECK_OK(fleet.stop());
      ReportRow row = runs.row(std::to_string(count) + (count == 1 ? " node: " : " nodes: ") + load.name);
      if (count == 1) {
        single = runs.rates();
      } else {
        row.ceiling = median(single);
        row.share = row.value / std::max(*row.ceiling, 1.0);
        row.note += "; ceiling: one node";
      }
      state.rows.push_back(std::move(row));
    }
  }
  return kOk;
}

}  // namespace

Status measure_fleet(BenchState& state) {
  VESTA_TRY(const auto database, Database::start(state.options.work + "/postgresql", state.log()));
  VESTA_CHECK_OK(measure_fleet_transactions(state, *database));
  // The same resources under the same ids as in the embedded store.
  VESTA_CHECK_OK(database->create(kLoaded));
  VESTA_CHECK_OK(run_program({state.options.binary, "copy", state.store(), database->url(kLoaded)}, state.log()));
  VESTA_CHECK_OK(database->analyze(kLoaded));
  Fleet fleet(state, *database);
  VESTA_CHECK_OK(measure_one_node(state, fleet));
  return measure_two_nodes(state, fleet);
}

}  // namespace vesta::bench
