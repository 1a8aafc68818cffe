// Citus by work: the same requests where one, two and three workers hold the tables. They share this machine's
// processors, so what more machines would give is told by what each worker has to do: CPU time, and rows read.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "bench/database.h"
#include "bench/phases.h"
#include "store/postgres/connection.h"

namespace vesta::bench {
namespace {

using store::postgres::Connection;

constexpr std::size_t kMaxWorkers = 3;
constexpr int kShards = 6;  // as many on each worker, however many there are
constexpr double kMicroseconds = 1e6;

// Counts are told when a session ends; the coordinator's own keep some open.
constexpr const char* kEndSessions =
    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
constexpr const char* kShowShards = "SET citus.override_table_visibility = off";
constexpr const char* kRowsRead =
    "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_user_tables";
constexpr const char* kBytes = "SELECT pg_database_size(current_database())";

Result<std::int64_t> number_from(const Database& server, const std::string& name, const std::string& sql,
                                 const std::string& setting = "") {
  VESTA_TRY(const auto connection, Connection::open(server.url(name)));
  if (!setting.empty()) VESTA_CHECK_OK(connection->script(setting));
  VESTA_TRY(const auto rows, connection->run(sql, {}, Connection::Keep::once));
  return rows.size() == 0 || rows.is_null(0, 0) ? 0 : rows.integer(0, 0);
}

std::string count_of(std::size_t workers) {
  return std::to_string(workers) + (workers == 1 ? " worker" : " workers");
}

struct CitusLoad {
  std::string name;
  int connections;
  RequestSource source;
};

// Of one request.
struct Work {
  double rate = 0;
  double node_us = 0, coordinator_us = 0, worker_us = 0;  // CPU; of a worker: their mean
  double rows = 0, most_rows = 0;                         // that a worker reads: their mean, and of the busiest
};

// A coordinator without shards, and workers.
class Cluster {
 public:
  explicit Cluster(BenchState& state) : state_(state) {}

  Status start() {
    const auto server = [&](const std::string& name) {
      const std::string folder = state_.options.work + "/citus-" + name;
      return Database::start(folder, state_.log(),
                             {"shared_preload_libraries=citus", "max_prepared_transactions=400", "max_connections=400",
                              "max_worker_processes=64", "shared_buffers=256MB", "citus.node_conninfo=sslmode=disable",
                              "citus.local_hostname=" + folder, "citus.shard_count=" + std::to_string(kShards)});
    };
    VESTA_TRY(coordinator_, server("coordinator"));
    for (std::size_t i = 1; i <= kMaxWorkers; ++i) {
      VESTA_TRY(auto worker, server("worker-" + std::to_string(i)));
      workers_.push_back(std::move(worker));
    }
    return kOk;
  }

  // The set, on so many workers.
  Status load(std::size_t count) {
    count_ = count;
    name_ = "loaded" + std::to_string(count);
    VESTA_CHECK_OK(make_database(*coordinator_));
    const std::string port = "', 5432)";
    VESTA_CHECK_OK(
        number_from(*coordinator_, name_, "SELECT citus_set_coordinator_host('" + coordinator_->folder() + port));
    for (std::size_t i = 0; i < count_; ++i) {
      VESTA_CHECK_OK(make_database(*workers_[i]));
      VESTA_CHECK_OK(number_from(*coordinator_, name_, "SELECT citus_add_node('" + workers_[i]->folder() + port));
    }
    VESTA_CHECK_OK(run_program({state_.options.binary, "migrate", "--store", coordinator_->url(name_)}, state_.log()));
    VESTA_TRY(const auto node, serve());
    VESTA_CHECK_OK(post_bundles(state_, node->port(), 1));
    VESTA_CHECK_OK(node->stop());
    return coordinator_->analyze(name_);
  }

  Result<double> bytes_of_a_worker() const {
    double sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      VESTA_TRY(const std::int64_t bytes, number_from(*workers_[i], name_, kBytes));
      sum += static_cast<double>(bytes);
    }
    return sum / static_cast<double>(count_);
  }

  // Rows are counted with the warm-up, as they are told at the end of the sessions alone; CPU time without it.
  Result<Work> run(const CitusLoad& load) const {
    VESTA_TRY(const std::vector<double> rows_before, rows_read());
    VESTA_TRY(const auto node, serve());
    LoadOptions options;
    options.port = node->port();
    options.connections = load.connections;
    options.measured = state_.options.warm_up;
    VESTA_TRY(const LoadResult warm, must_run(options, load.source));
    const double node_before = node->cpu_seconds(), coordinator_before = coordinator_->cpu_seconds(),
                 workers_before = worker_seconds();
    options.measured = state_.options.measured;
    VESTA_TRY(const LoadResult result, must_run(options, load.source));
    Work work;
    work.rate = result.rate();
    const double per_request = kMicroseconds / std::max(static_cast<double>(result.requests), 1.0);
    work.node_us = (node->cpu_seconds() - node_before) * per_request;
    work.coordinator_us = (coordinator_->cpu_seconds() - coordinator_before) * per_request;
    work.worker_us = (worker_seconds() - workers_before) * per_request / static_cast<double>(count_);
    VESTA_CHECK_OK(node->stop());
    VESTA_TRY(std::vector<double> rows, rows_read());
    const double requests = std::max(static_cast<double>(warm.requests + result.requests), 1.0);
    for (std::size_t i = 0; i < count_; ++i) rows[i] = (rows[i] - rows_before[i]) / requests;
    work.rows = std::accumulate(rows.begin(), rows.end(), 0.0) / static_cast<double>(count_);
    work.most_rows = *std::ranges::max_element(rows);
    return work;
  }

 private:
  Status make_database(const Database& server) const {
    VESTA_CHECK_OK(server.create(name_));
    VESTA_CHECK_OK(number_from(server, name_, "CREATE EXTENSION citus"));
    return kOk;
  }
  Result<std::unique_ptr<ServerProcess>> serve() const {
    return ServerProcess::start(
        {state_.options.binary, "serve", "--open", "--log-level", "warning", "--store", coordinator_->url(name_)},
        state_.log(), "/fhir/metadata");
  }
  double worker_seconds() const {
    double sum = 0;
    for (std::size_t i = 0; i < count_; ++i) sum += workers_[i]->cpu_seconds();
    return sum;
  }
  Result<std::vector<double>> rows_read() const {
    std::vector<double> rows;
    for (std::size_t i = 0; i < count_; ++i) {
      VESTA_CHECK_OK(number_from(*workers_[i], name_, kEndSessions));
      VESTA_TRY(const std::int64_t count, number_from(*workers_[i], name_, kRowsRead, kShowShards));
      rows.push_back(static_cast<double>(count));
    }
    return rows;
  }

  BenchState& state_;
  std::unique_ptr<Database> coordinator_;
  std::vector<std::unique_ptr<Database>> workers_;
  std::string name_;       // of the database
  std::size_t count_ = 0;  // of the workers that hold it
};

std::vector<CitusLoad> citus_loads(const BenchState& state, const std::vector<SearchCase>& cases) {
  std::vector<CitusLoad> loads;
  // Each once, so that the node has none of them.
  loads.push_back({"read by id, each once", kReadConnections,
                   [&state, next = std::make_shared<std::size_t>(0)](std::uint64_t, std::string& out) {
                     if (*next >= state.locations.size()) return false;
                     out = get_request("/fhir/" + state.locations[(*next)++]);
                     return true;
                   }});
  for (const SearchCase& search : cases) {
    loads.push_back({"search " + search.name, kSearchConnections, searches(search)});
  }
  loads.push_back({"create", kCreateConnections, creates(state)});
  return loads;
}

ReportRow row_of(const std::string& name, const Work& work, const Work& of_one) {
  ReportRow row;
  row.name = name;
  row.value = work.worker_us;
  row.unit = "us";
  row.ceiling = of_one.worker_us;
  row.share = work.worker_us / std::max(of_one.worker_us, 1.0);
  char text[160];
  std::snprintf(
      text, sizeof(text),
      "CPU of a worker; rows it reads %.1f, the busiest %.1f; CPU of coordinator %.0f us, node %.0f us; %.0f/s",
      work.rows, work.most_rows, work.coordinator_us, work.node_us, work.rate);
  row.note = text;
  return row;
}

}  // namespace

Status measure_citus(BenchState& state) {
  if (!Database::has_extension("citus")) {
    state.rows.push_back({"Citus: 1, 2 and 3 workers", 0, "", {}, {}, {}, "", {}, "not measured: there is no Citus"});
    return kOk;
  }
  Cluster cluster(state);
  VESTA_CHECK_OK(cluster.start());
  std::vector<Work> of_one;
  for (std::size_t count = 1; count <= kMaxWorkers; ++count) {
    VESTA_CHECK_OK(cluster.load(count));
    VESTA_TRY(const double bytes, cluster.bytes_of_a_worker());
    state.rows.push_back({"Citus, " + count_of(count) + ": stored by each", bytes / 1e6, "MB", {}, {}, {}, "", {}, ""});
    const std::vector<SearchCase> cases = search_cases(state, state.patients);
    const std::vector<CitusLoad> loads = citus_loads(state, cases);
    for (std::size_t i = 0; i < loads.size(); ++i) {
      VESTA_TRY(const Work work, cluster.run(loads[i]));
      if (count == 1) of_one.push_back(work);
      state.rows.push_back(row_of("Citus, " + count_of(count) + ": " + loads[i].name, work, of_one[i]));
    }
  }
  return kOk;
}

}  // namespace vesta::bench
