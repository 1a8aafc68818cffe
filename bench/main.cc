// vesta_bench: measures the release binary on real data and prints one table, each row beside its ceiling and goal.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/ceilings.h"
#include "bench/phases.h"

namespace vesta::bench {
namespace {

Status run_phases(BenchState& state) {
  if (state.options.is_of_access) {
    VESTA_CHECK_OK(measure_transactions(state));
    return measure_access(state);
  }
  if (state.options.is_of_fleet) {
    VESTA_CHECK_OK(measure_transactions(state));
    VESTA_CHECK_OK(measure_fleet(state));
    return measure_citus(state);
  }
  VESTA_CHECK_OK(measure_import(state));
  VESTA_CHECK_OK(measure_transactions(state));
  VESTA_CHECK_OK(measure_start(state));
  {
    VESTA_TRY(const auto server, state.serve("/fhir/metadata"));
    VESTA_CHECK_OK(measure_reads(state, *server));
    VESTA_CHECK_OK(measure_searches(state, *server));
    VESTA_CHECK_OK(measure_joined_searches(state, *server));
    VESTA_CHECK_OK(server->stop());
  }
  VESTA_CHECK_OK(measure_creates(state));
  VESTA_CHECK_OK(measure_access(state));
  VESTA_CHECK_OK(measure_growth(state));
  VESTA_CHECK_OK(measure_languages(state));
  state.rows.push_back({"resident memory, highest under load",
                        static_cast<double>(state.highest_resident) / 1e6,
                        "MB",
                        {},
                        {},
                        {},
                        "",
                        {},
                        "all phases over HTTP"});
  return kOk;
}

double load_average() {
  double value = 0;
  return ::getloadavg(&value, 1) == 1 ? value : -1;
}

Status run(const BenchOptions& options) {
  BenchState state;
  state.options = options;
  VESTA_TRY(state.dataset, load_dataset(options.shared, options.work, options.bundles));
  VESTA_TRY(const FsyncLatency fsync, measure_fsync(options.work));
  std::printf("machine:  %s\n", describe_machine().c_str());
  std::printf("folder:   8 kB write and fsync: median %.2f ms, p99 %.2f ms\n", fsync.median_ms, fsync.p99_ms);
  std::printf("data:     Synthea, %zu Bundles, %llu resources, %.1f MB\n", state.dataset.bundles.size(),
              static_cast<unsigned long long>(state.dataset.entries), static_cast<double>(state.dataset.bytes) / 1e6);
  std::printf(
      "method:   medians of %d repeats of %lld ms after %lld ms of warm-up; the load comes from one thread of the same "
      "machine\n",
      options.repeats, static_cast<long long>(options.measured.count()),
      static_cast<long long>(options.warm_up.count()));
  std::printf("load:     %.2f before the run (1 minute; a quiet machine has less than 0.3)\n", load_average());
  std::fflush(stdout);
  Status done = run_phases(state);
  print_report(state.rows);
  return done;
}

}  // namespace
}  // namespace vesta::bench

int main(int argc, char** argv) {
  using namespace vesta::bench;
  BenchOptions options;
  bool is_tiny = false;
  std::size_t constant_size = 0;
  std::uint16_t port = 0;
  CLI::App app{"Measures the release binary of Vesta on Synthea's data."};
  app.add_option("--binary", options.binary, "The vesta to measure (default: of this build)");
  app.add_option("--shared", options.shared,
                 "Folder that has synthea/*.tar.xz (default: shared/data beside the project)");
  app.add_option(
      "--work", options.work,
      "Folder for unpacked data and stores; its store folders are overwritten (default: in the build folder)");
  app.add_option("--repeats", options.repeats, "Repeats of each measurement")->check(CLI::Range(1, 99));
  app.add_flag("--access", options.is_of_access, "The rows about access control alone, after the load over HTTP");
  app.add_flag("--fleet", options.is_of_fleet, "The rows about nodes on PostgreSQL alone, after the load over HTTP");
  app.add_flag("--tiny", is_tiny, "A few seconds with little data: proves that it works, measures nothing");
  app.add_option("--constant", constant_size, "Serve a constant body of so many bytes (used by the bench itself)");
  app.add_option("--port", port, "The port of --constant");
  CLI11_PARSE(app, argc, argv);
  if (constant_size > 0) return run_constant_server(constant_size, port);
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  options.self = self;
  const std::filesystem::path build = self.parent_path().parent_path();
  if (options.binary.empty()) options.binary = build / "vesta";
  if (options.shared.empty()) options.shared = VESTA_SHARED_DATA_FOLDER;
  if (options.work.empty()) options.work = build / "bench-work";
  if (!std::filesystem::exists(options.shared + "/synthea", error)) {
    std::printf("skipped: no data at %s/synthea\n", options.shared.c_str());
    constexpr int kSkipped = 77;
    return kSkipped;
  }
  std::filesystem::create_directories(options.work, error);
  if (is_tiny) {
    options.bundles = 3;
    options.repeats = 1;
    options.warm_up = std::chrono::milliseconds(20);
    options.measured = std::chrono::milliseconds(150);
    options.replayed = 500;
    options.population = 3;
  }
  const vesta::Status done = run(options);
  if (done.ok()) return 0;
  std::fprintf(stderr, "vesta_bench: %s\n", done.error().message.c_str());
  return 1;
}
