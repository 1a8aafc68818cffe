// `vesta import`: loads files and folders of Bundles, single resources and NDJSON into a store, without HTTP.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ostream>
#include <vector>

#include "ops/context.h"

namespace vesta::server::commands {

inline constexpr std::size_t kMaxImportJobs = 256;
// Most workers wait for their commits, and the more commits wait together, the less each costs. Measured on 2
// processors: 8,000 resources/s of NDJSON with 4 workers, 31,000 with 8, no more with 12.
inline constexpr std::size_t kImportJobsPerProcessor = 4;
inline constexpr std::size_t kMaxImportErrorsShown = 100;               // further ones are only counted
inline constexpr std::size_t kMaxImportTextBytes = 1024 * 1024 * 1024;  // of one JSON document or NDJSON line, unpacked

enum class ProgressStyle {
  none,
  lines,     // a plain line now and then
  terminal,  // one line that is written over
};

struct ImportOptions {
  std::vector<std::filesystem::path> paths;  // files and folders (taken recursively, in the order of their names)
  std::size_t jobs = 0;                      // worker threads; 0: kImportJobsPerProcessor for each processor
  ProgressStyle progress = ProgressStyle::lines;
};

struct ImportSummary {
  std::uint64_t files = 0;       // read to their end in this run
  std::uint64_t files_done = 0;  // skipped: an earlier run finished them
  std::uint64_t resources = 0;   // committed in this run
  std::uint64_t errors = 0;
};

// The exit code: 0, or 1 if there was any error; each is one line in `out` with its file, its line or entry, and its
// element path. What an earlier run of the same files has committed is not done again: progress is kept in the store by
// the same commits as the data, by absolute path, size and modification time of a file.
int run_import(const ImportOptions& options, ops::Context& context, std::ostream& out,
               ImportSummary* summary = nullptr);

}  // namespace vesta::server::commands
