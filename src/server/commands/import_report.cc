// The text of progress, errors and the summary.
#include "server/commands/import_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace vesta::server::commands {
namespace {

constexpr std::chrono::milliseconds kTerminalInterval{200};
constexpr std::chrono::milliseconds kLineInterval{5000};
constexpr std::size_t kBarWidth = 24;

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

ImportReport::ImportReport(std::ostream& out, Clock& clock, ProgressStyle style, std::uint64_t total_bytes)
    : out_(out),
      clock_(clock),
      style_(style),
      total_bytes_(total_bytes),
      start_(clock.monotonic()),
      next_show_(start_) {
  next_show_ = start_ + (style == ProgressStyle::terminal ? kTerminalInterval : kLineInterval);
}

void ImportReport::add_resources(std::uint64_t count) {
  MutexLock lock(mutex_);
  summary_.resources += count;
  show_progress(false);
}

void ImportReport::add_bytes(std::uint64_t count) {
  MutexLock lock(mutex_);
  bytes_ += count;
  show_progress(false);
}

void ImportReport::finish_file() {
  MutexLock lock(mutex_);
  ++summary_.files;
}

void ImportReport::skip_file(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  ++summary_.files_done;
  bytes_ += bytes;
  skipped_bytes_ += bytes;
}

void ImportReport::add_error(const std::string& file, std::uint64_t line, const Error& error) {
  MutexLock lock(mutex_);
  ++summary_.errors;
  if (shown_errors_ == kMaxImportErrorsShown) write_line("Further errors are only counted.");
  if (++shown_errors_ > kMaxImportErrorsShown) return;
  const std::string place = line == 0 ? file : fmt::format("{}:{}", file, line);
  if (error.issues.empty()) return write_line(fmt::format("{}: {}", place, error.message));
  for (const Issue& issue : error.issues) {
    if (issue.expression.empty()) {
      write_line(fmt::format("{}: {}", place, issue.diagnostics));
    } else {
      write_line(fmt::format("{}: {}: {}", place, issue.expression, issue.diagnostics));
    }
  }
}

void ImportReport::add_earlier_errors(const std::string& file, std::uint64_t count) {
  if (count == 0) return;
  MutexLock lock(mutex_);
  summary_.errors += count;
  write_line(fmt::format("{}: {} errors in an earlier run, which imported the rest of this part", file, count));
}

ImportSummary ImportReport::finish() {
  MutexLock lock(mutex_);
  if (style_ == ProgressStyle::terminal) show_progress(true);
  const double seconds = elapsed_seconds();
  std::string line =
      fmt::format("Imported {} resources of {} files in {:.1f} s ({:.0f} resources/s)", summary_.resources,
                  summary_.files, seconds, static_cast<double>(summary_.resources) / std::max(seconds, 1e-3));
  if (summary_.files_done > 0) line += fmt::format("; {} files were imported before", summary_.files_done);
  line += fmt::format("; {} errors.", summary_.errors);
  write_line(line);
  out_.flush();
  return summary_;
}

// Rate and time left follow from what this run did, not from what it skipped.
void ImportReport::show_progress(bool is_last) {
  if (style_ == ProgressStyle::none) return;
  const auto now = clock_.monotonic();
  if (now < next_show_ && !is_last) return;
  next_show_ = now + (style_ == ProgressStyle::terminal ? kTerminalInterval : kLineInterval);
  const double seconds = std::max(elapsed_seconds(), 1e-3);
  const double share =
      total_bytes_ == 0 ? 1 : std::min(1.0, static_cast<double>(bytes_) / static_cast<double>(total_bytes_));
  const double speed = static_cast<double>(bytes_ - skipped_bytes_) / seconds;
  const double left = static_cast<double>(total_bytes_ - std::min(bytes_, total_bytes_)) / std::max(speed, 1.0);
  const std::string text = fmt::format("{:3.0f} %  {} resources  {:.0f}/s  {} left", share * 100, summary_.resources,
                                       static_cast<double>(summary_.resources) / seconds, duration_text(left));
  if (style_ == ProgressStyle::lines) return write_line(text);
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  // Back to the line's start, and what was there is erased to its end.
  out_ << "\r\x1b[K[" << std::string(filled, '#') << std::string(kBarWidth - filled, '.') << "] " << text;
  out_.flush();
  has_progress_line_ = true;
}

void ImportReport::write_line(const std::string& line) {
  if (has_progress_line_) out_ << '\n';
  has_progress_line_ = false;
  out_ << line << '\n';
}

}  // namespace vesta::server::commands
