// The import as a whole: files in order, workers in parallel, and what is left for later.
#include "server/commands/import.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/thread_pool.h"
#include "server/commands/import_document.h"
#include "server/commands/import_files.h"
#include "server/commands/import_lines.h"
#include "server/commands/import_report.h"
#include "server/commands/import_unit.h"

namespace vesta::server::commands {
namespace {

// The pieces of one NDJSON file that are not done yet. Shared, because the last of them to be done marks the file.
struct LinesFile {
  const ImportFile* file;
  std::atomic<std::uint64_t> pieces_left{1};  // one for the reader, until it has cut the whole file
  std::atomic<std::uint64_t> errors{0};
  std::atomic<bool> is_complete{true};
};

class Importer {
 public:
  Importer(ops::Context& context, ImportReport& report, std::size_t jobs)
      : context_(context),
        report_(report),
        places_(static_cast<std::ptrdiff_t>(2 * jobs)),
        pool_("import", jobs, 2 * jobs) {}

  void run(const std::vector<ImportFile>& files);

 private:
  // Waits for a place: a task stays within the bounds of the pool's queue, and memory too.
  template <class Task>
  void submit(Task task);
  void wait_for_all();

  void start_file(const ImportFile& file);
  void start_document(const ImportFile& file, Patience patience);
  void read_lines(const ImportFile& file);
  void finish_piece(LinesFile& lines);
  void run_deferred();
  void stop(const std::string& file, const Error& error);

  ops::Context& context_;
  ImportReport& report_;
  std::counting_semaphore<2 * kMaxImportJobs> places_;
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<bool> is_stopped_{false};  // the store fails: nothing further would succeed
  Mutex mutex_;
  std::vector<const ImportFile*> deferred_ GUARDED_BY(mutex_);
  ThreadPool pool_;  // last: its threads end before the rest goes
};

template <class Task>
void Importer::submit(Task task) {
  places_.acquire();
  in_flight_.fetch_add(1);
  const bool is_taken = pool_.try_submit([this, task = std::move(task)] {
    if (!is_stopped_) task();
    places_.release();
    in_flight_.fetch_sub(1);
    in_flight_.notify_all();
  });
  CHECK(is_taken);
}

void Importer::wait_for_all() {
  for (std::size_t left = in_flight_.load(); left != 0; left = in_flight_.load()) in_flight_.wait(left);
}

void Importer::stop(const std::string& file, const Error& error) {
  if (!is_stopped_.exchange(true)) report_.add_error(file, 0, error);
}

void Importer::start_document(const ImportFile& file, Patience patience) {
  submit([this, &file, patience] {
    auto result = import_document(context_, file, patience, report_);
    if (!result.ok()) return stop(file.path.string(), result.error());
    if (*result != DocumentResult::left_for_later) return report_.add_bytes(file.size);
    MutexLock lock(mutex_);
    deferred_.push_back(&file);
  });
}

void Importer::finish_piece(LinesFile& lines) {
  if (lines.pieces_left.fetch_sub(1) != 1 || !lines.is_complete || is_stopped_) return;
  auto marked = mark_progress(context_.store, lines.file->key, {0, lines.errors, true});
  if (!marked.ok()) return stop(lines.file->path.string(), marked.error());
  report_.finish_file();
}

void Importer::read_lines(const ImportFile& file) {
  const auto lines = std::make_shared<LinesFile>();
  lines->file = &file;
  auto stream = open_input(file.path);
  if (!stream.ok()) return report_.add_error(file.path.string(), 0, stream.error());
  PieceReader reader(std::move(*stream));
  while (!is_stopped_) {
    auto piece = reader.next();
    if (!piece.ok()) {
      report_.add_error(file.path.string(), 0, piece.error());
      lines->is_complete = false;
      break;
    }
    if (!*piece) break;
    lines->pieces_left.fetch_add(1);
    submit([this, lines, piece = std::make_shared<Piece>(std::move(**piece))] {
      auto errors = import_piece(context_, *lines->file, *piece, report_);
      report_.add_bytes(piece->file_bytes);
      if (errors.ok()) {
        lines->errors += *errors;
      } else {
        stop(lines->file->path.string(), errors.error());
      }
      finish_piece(*lines);
    });
  }
  finish_piece(*lines);
}

void Importer::start_file(const ImportFile& file) {
  auto progress = load_progress(context_.store, file.key);
  if (!progress.ok()) return stop(file.path.string(), progress.error());
  if (progress->is_finished) {
    report_.skip_file(file.size);
    return report_.add_earlier_errors(file.path.string(), progress->errors);
  }
  if (file.kind == ContentKind::document) return start_document(file, Patience::may_wait);
  read_lines(file);
}

// Conditional references may point into files that come later: again, as long as each round brings some file further.
void Importer::run_deferred() {
  std::size_t before = 0;
  for (;;) {
    std::vector<const ImportFile*> files;
    {
      MutexLock lock(mutex_);
      files.swap(deferred_);
    }
    if (files.empty() || is_stopped_) return;
    std::sort(files.begin(), files.end(), [](const ImportFile* a, const ImportFile* b) { return a->path < b->path; });
    const Patience patience = files.size() == before ? Patience::final : Patience::may_wait;
    before = files.size();
    for (const ImportFile* file : files) start_document(*file, patience);
    wait_for_all();
  }
}

void Importer::run(const std::vector<ImportFile>& files) {
  for (const ImportFile& file : files) {
    if (is_stopped_) break;
    start_file(file);
  }
  wait_for_all();
  run_deferred();
  pool_.stop();
}

}  // namespace

int run_import(const ImportOptions& options, ops::Context& context, std::ostream& out, ImportSummary* summary) {
  const auto files = list_import_files(options.paths);
  if (!files.ok()) {
    out << files.error().message << '\n';
    return 1;
  }
  std::uint64_t total_bytes = 0;
  for (const ImportFile& file : *files) total_bytes += file.size;
  const std::size_t wanted =
      options.jobs != 0 ? options.jobs : kImportJobsPerProcessor * std::max(1u, std::thread::hardware_concurrency());
  ImportReport report(out, context.clock, options.progress, total_bytes);
  Importer(context, report, std::min(wanted, kMaxImportJobs)).run(*files);
  const ImportSummary result = report.finish();
  if (summary != nullptr) *summary = result;
  return result.errors == 0 ? 0 : 1;
}

}  // namespace vesta::server::commands
