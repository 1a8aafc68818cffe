// Ceilings: what this machine can do at most for a row of the table, measured in the same run.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace vesta::bench {

// Serves a constant body of `size` bytes on `port` through net::Server until SIGTERM: what a read costs without a
// store.
int run_constant_server(std::size_t size, std::uint16_t port);

struct ReplayResult {
  double resources_per_second = 0;
  std::uint64_t resources = 0;
  double commit_ms = 0;  // mean time of a COMMIT: the sync of the log, above all
};

// A bare SQLite loop: takes all rows that `after` (a store's file) has beyond `before` (the same file, earlier) and
// writes them into a copy of `before`, `group_size` resources with a commit each, with the engine's own pragmas and its
// order of rows inside of a group. At most `max_resources`.
Result<ReplayResult> replay_creates(const std::string& before, const std::string& after, const std::string& copy,
                                    std::uint64_t group_size, std::uint64_t max_resources);

// The time of one 8 kB write and fsync in a folder: median and 99th percentile in milliseconds.
struct FsyncLatency {
  double median_ms = 0, p99_ms = 0;
};
Result<FsyncLatency> measure_fsync(const std::string& folder);

}  // namespace vesta::bench
