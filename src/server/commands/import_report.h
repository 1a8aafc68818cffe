// ImportReport: counts, errors and the progress line of one import.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "server/commands/import.h"

namespace vesta::server::commands {

// Thread-safe: workers report, one line at a time reaches the stream.
class ImportReport {
 public:
  // `out` and `clock` outlive it. `total_bytes`: of all files, packed.
  ImportReport(std::ostream& out, Clock& clock, ProgressStyle style, std::uint64_t total_bytes);

  void add_resources(std::uint64_t count) EXCLUDES(mutex_);
  void add_bytes(std::uint64_t count) EXCLUDES(mutex_);  // of a file, done with
  void finish_file() EXCLUDES(mutex_);
  // A file that an earlier run finished; `errors` are those it had then.
  void skip_file(std::uint64_t bytes) EXCLUDES(mutex_);
  // One line per issue of `error`: "<file>[:<line>]: <element path>: <what>".
  void add_error(const std::string& file, std::uint64_t line, const Error& error) EXCLUDES(mutex_);
  // Errors that an earlier run reported, of a part that it finished.
  void add_earlier_errors(const std::string& file, std::uint64_t count) EXCLUDES(mutex_);
  // The last progress line and the summary.
  ImportSummary finish() EXCLUDES(mutex_);

 private:
  void show_progress(bool is_last) REQUIRES(mutex_);
  void write_line(const std::string& line) REQUIRES(mutex_);
  double elapsed_seconds() const { return std::chrono::duration<double>(clock_.monotonic() - start_).count(); }

  std::ostream& out_;
  Clock& clock_;
  const ProgressStyle style_;
  const std::uint64_t total_bytes_;
  const std::chrono::steady_clock::time_point start_;
  Mutex mutex_;
  ImportSummary summary_ GUARDED_BY(mutex_);
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t skipped_bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t shown_errors_ GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point next_show_ GUARDED_BY(mutex_);
  bool has_progress_line_ GUARDED_BY(mutex_) = false;
};

}  // namespace vesta::server::commands
