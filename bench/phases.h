// The phases of the bench: each measures rows of the table on the real binary.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/dataset.h"
#include "bench/load_client.h"
#include "bench/report.h"
#include "bench/server_process.h"

namespace vesta::bench {

struct BenchOptions {
  std::string binary;           // the release binary
  std::string self;             // this program, for the constant server
  std::string shared;           // folder with synthea/
  std::string work;             // everything is written below it
  std::size_t bundles = 1'000;  // of the set, at most
  bool is_of_access = false;    // measures access control alone
  bool is_of_fleet = false;     // measures nodes on PostgreSQL alone
  int repeats = 3;              // the table shows medians
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds measured{2000};
  std::uint64_t replayed = 20'000;  // resources of the SQLite loop
  std::size_t population = 100;     // patients of the smaller `vesta sample`; the larger has ten times as many
};

// What one phase leaves for the next.
struct BenchState {
  BenchOptions options;
  Dataset dataset;
  std::vector<std::string> locations;     // "Observation/0192…" of everything loaded over HTTP
  std::vector<std::string> patients;      // ids
  std::vector<std::size_t> owners;        // of each location, whose Bundle it came with: a place in `patients`, or more
  std::vector<std::string> observations;  // bodies for creates, with references of the loaded set
  std::uint64_t highest_resident = 0;
  std::vector<ReportRow> rows;

  std::string store() const { return options.work + "/store"; }
  std::string log() const { return options.work + "/bench.log"; }
  // Starts `vesta serve --open` on the store; `target` is what must answer first.
  Result<std::unique_ptr<ServerProcess>> serve(const std::string& target) const;
  void note_memory(const ServerProcess& server);
};

// `vesta import` into a store of its own: its row, and the stored bytes.
Status measure_import(BenchState& state);
// All Bundles by POST, on 8 connections; fills locations, patients and observations.
Status measure_transactions(BenchState& state);
// Start to first answer and idle memory on the loaded store.
Status measure_start(BenchState& state);
Status measure_reads(BenchState& state, ServerProcess& server);
Status measure_searches(BenchState& state, ServerProcess& server);
// Chains, _has, includes and composites: on the loaded store, and on populations of one and of ten times the size.
Status measure_joined_searches(BenchState& state, ServerProcess& server);
Status measure_growth(BenchState& state);
// Stops and restarts servers by itself: the rows written are compared with the file before.
Status measure_creates(BenchState& state);

// The same requests with access control and without, by servers that run side by side on copies of the loaded store.
Status measure_access(BenchState& state);

// Nodes on a PostgreSQL of the bench's own, with the loaded set.
Status measure_fleet(BenchState& state);
// What each worker has to do where Citus distributes the set over one, two and three of them.
Status measure_citus(BenchState& state);

// Index values and XML in this process, on one core.
Status measure_languages(BenchState& state);

inline constexpr int kImportConnections = 8;
inline constexpr int kReadConnections = 64;
inline constexpr int kCreateConnections = 64;
inline constexpr int kSearchConnections = 30;

struct SearchCase {
  std::string name;
  std::function<std::string(std::uint64_t)> target;  // behind the base
};
// Both outlive what is returned.
std::vector<SearchCase> search_cases(const BenchState& state, const std::vector<std::string>& patients);

// Helpers of the phases.
// Without end; they refer to what they are given.
RequestSource searches(const SearchCase& search);
RequestSource creates(const BenchState& state);
// All Bundles by POST; the state then knows what is there, and forgets what was elsewhere.
Result<LoadResult> post_bundles(BenchState& state, std::uint16_t port, int connections);
// By `connections`, as long as the options say.
LoadOptions load_options(const BenchState& state, std::uint16_t port, int connections);
std::uint64_t folder_bytes(const std::string& folder);
// Fails if any request failed.
Result<LoadResult> must_run(const LoadOptions& options, const RequestSource& source, const ResponseSink& sink = {});
std::uint64_t pick(std::uint64_t number);  // a fixed, well mixed sequence

}  // namespace vesta::bench
