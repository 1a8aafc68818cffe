// Steps of background indexing.
#include "ops/index_jobs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/reason.h"
#include "base/thread_pool.h"
#include "ops/scratch.h"
#include "search/extract.h"
#include "search/plan.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kProperty = "index-jobs";
constexpr std::chrono::milliseconds kIdleWait{1'000};  // while there is nothing to do, or the store fails

search::Query all_of(fhir::TypeId type) {
  return {type, search::Plan::make_all(), {}};
}

}  // namespace

IndexJobs::IndexJobs(const search::Registry& registry, store::Store& store, CustomParameters& parameters, Clock& clock,
                     Random& random)
    : registry_(registry), store_(store), parameters_(parameters), clock_(clock), uuids_(clock, random) {
  parameters_.on_change([this] {
    {
      const MutexLock lock(mutex_);
      retry_at_ = {};
    }
    wake();
  });
}

IndexJobs::~IndexJobs() {
  stop();
  parameters_.on_change({});
}

// What was being indexed for another index than the present one, or for parameters that have been away, begins anew.
// Nothing is searched here: while the store makes its index anew it answers no search, and the start must not fail
// then.
Status IndexJobs::load() {
  const MutexLock step(step_mutex_);
  VESTA_TRY(const std::optional<std::string> text, store_.property(kProperty));
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  std::vector<IndexJob> jobs = decode_jobs(registry_.definitions(), text.value_or(""));
  for (IndexJob& job : jobs) {
    if (job.state != IndexJob::State::running) continue;
    const bool is_same_index = job.epoch == statistics.index_epoch;
    if (job.kind == IndexJob::Kind::parameters) {
      std::vector<ActiveParameter> resumed;
      if (is_same_index) {
        VESTA_TRY(resumed, parameters_.resume_indexing(job.id, job.digests));
      }
      if (resumed.empty()) {
        job.state = IndexJob::State::superseded;
        job.ended = clock_.now().value;
        continue;
      }
      indexing_ = std::move(resumed);
    } else if (!is_same_index) {
      job.epoch = statistics.index_epoch;
      job.pass = 0;
    }
    if (job.pass > 0) {
      // What the last page changed may not have been counted: another pass follows, and that is no reason to fail.
      job.changed = std::max<std::uint64_t>(job.changed, 1);
      job.pass = std::min(job.pass, kMaxIndexPasses - 1);
    }
    log::info("indexing goes on", {{"job", job.id}, {"done", job.done}, {"of", job.total}});
  }
  const MutexLock lock(mutex_);
  jobs_ = std::move(jobs);
  return kOk;
}

// Waits for no step: a page of one, and what is taken away before it, may take as long as the store's deadlines.
Result<std::string> IndexJobs::reindex(std::vector<fhir::TypeId> types) {
  IndexJob job;
  job.id = uuids_.next();
  job.types = std::move(types);
  job.started = clock_.now().value;
  job.pass = 0;
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  job.epoch = statistics.index_epoch;
  VESTA_TRY(job.total, total_of(job.types));
  {
    const MutexLock saving(save_mutex_);
    const std::vector<IndexJob> all = jobs();
    const auto running = std::ranges::count(all, IndexJob::State::running, &IndexJob::state);
    if (static_cast<std::size_t>(running) >= kMaxRunningJobs) {
      return make_error(Category::busy, "Too many index jobs are running.");
    }
    store::WriteSet set;
    VESTA_CHECK_OK(save_locked(job, set));
  }
  wake();
  return job.id;
}

std::vector<IndexJob> IndexJobs::jobs() {
  const MutexLock lock(mutex_);
  return jobs_;
}

// That of parameters comes first: searches wait for it. There is one at most.
std::optional<IndexJob> IndexJobs::current() {
  const MutexLock lock(mutex_);
  std::optional<IndexJob> first;
  for (const IndexJob& job : jobs_) {
    if (job.state != IndexJob::State::running) continue;
    if (job.kind == IndexJob::Kind::parameters) return job;
    if (!first) first = job;
  }
  return first;
}

// The jobs as they are once `job` is what it is now.
std::vector<IndexJob> IndexJobs::jobs_with(const IndexJob& job) {
  std::vector<IndexJob> all = jobs();
  const auto known = std::ranges::find(all, job.id, &IndexJob::id);
  if (known != all.end()) {
    *known = job;
    return all;
  }
  all.push_back(job);
  while (all.size() > kMaxIndexJobs) {
    const auto ended =
        std::ranges::find_if(all, [](const IndexJob& each) { return each.state != IndexJob::State::running; });
    if (ended == all.end()) break;
    all.erase(ended);
  }
  return all;
}

std::pair<std::string, std::string> IndexJobs::property_with(const IndexJob& job) {
  return {std::string(kProperty), encode_jobs(registry_.definitions(), jobs_with(job))};
}

void IndexJobs::put(const IndexJob& job) {
  std::vector<IndexJob> all = jobs_with(job);
  const MutexLock lock(mutex_);
  jobs_ = std::move(all);
}

Status IndexJobs::save(const IndexJob& job, store::WriteSet& set) {
  const MutexLock saving(save_mutex_);
  return save_locked(job, set);
}

Status IndexJobs::save_locked(const IndexJob& job, store::WriteSet& set) {
  set.properties.push_back(property_with(job));
  VESTA_CHECK_OK(store_.commit(set));
  put(job);
  return kOk;
}

void IndexJobs::wake() {
  const MutexLock lock(mutex_);
  is_woken_ = true;
  wake_.notify_all();
}

void IndexJobs::start() {
  thread_ = std::thread([this] {
    set_thread_name("vesta-index");
    run();
  });
}

void IndexJobs::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void IndexJobs::run() {
  while (true) {
    const auto stepped = step();
    if (!stepped.ok() && stepped.error().category != Category::busy) {
      log::warning("background indexing waits", {{"reason", reason_of(stepped.error())}});
    }
    const MutexLock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + kIdleWait;
    const bool is_working = stepped.ok() && *stepped == Step::worked;
    while (!stopping_ && !is_working && !is_woken_) {
      if (!wake_.wait_until(mutex_, deadline)) break;
    }
    is_woken_ = false;
    if (stopping_) return;
  }
}

Result<IndexJobs::Step> IndexJobs::step() {
  const MutexLock lock(step_mutex_);
  return next_step();
}

// 1. What other nodes have changed, and what could not be read after its commit. 2. The job that has begun. 3.
// Parameters that no job is about. 4. The job that has waited longest. 5. Index rows that nothing needs any more.
Result<IndexJobs::Step> IndexJobs::next_step() {
  parameters_.look();
  if (parameters_.must_load()) VESTA_CHECK_OK(parameters_.load());
  std::optional<IndexJob> job = current();
  const bool has_begun = job && (job->pass > 0 || job->kind == IndexJob::Kind::parameters);
  if (!has_begun && may_begin_parameters()) {
    VESTA_CHECK_OK(begin_parameters());
    return Step::worked;
  }
  if (job) return index_page(std::move(*job));
  if (forgotten_generation_ != registry_.generation()) {
    must_forget_ = true;
    forgotten_generation_ = registry_.generation();
  }
  if (!must_forget_) return Step::idle;
  VESTA_TRY(const bool is_done, store_.forget({}));
  must_forget_ = !is_done;
  return must_forget_ ? Step::worked : Step::idle;
}

bool IndexJobs::may_begin_parameters() {
  if (!parameters_.has_pending()) return false;
  const MutexLock lock(mutex_);
  return clock_.monotonic() >= retry_at_;
}

// After a job of parameters: those that are pending after a failure wait, longer each time.
void IndexJobs::note_end(IndexJob::State state) {
  if (state == IndexJob::State::completed) {
    retry_wait_ = kMinIndexRetryWait;
    return;
  }
  const MutexLock lock(mutex_);
  retry_at_ = clock_.monotonic() + retry_wait_;
  retry_wait_ = std::min(retry_wait_ * 2, kMaxIndexRetryWait);
}

// Rows of an earlier time, when the same parameters were there already, go first.
Status IndexJobs::begin_parameters() {
  IndexJob job;
  job.id = uuids_.next();
  job.kind = IndexJob::Kind::parameters;
  job.started = clock_.now().value;
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  job.epoch = statistics.index_epoch;
  const auto add = [&](const std::vector<ActiveParameter>& parameters, store::WriteSet& set) {
    for (const ActiveParameter& each : parameters) {
      job.digests.push_back(each.digest);
      job.types.insert(job.types.end(), each.types.begin(), each.types.end());
    }
    std::ranges::sort(job.types);
    job.types.erase(std::unique(job.types.begin(), job.types.end()), job.types.end());
    job.pass = 0;  // of forgetting
    set.properties.push_back(property_with(job));
  };
  const MutexLock saving(save_mutex_);
  VESTA_TRY(indexing_, parameters_.begin_indexing(job.id, add));
  if (indexing_.empty()) return kOk;
  put(job);
  log::info("indexing search parameters", {{"job", job.id}, {"parameters", indexing_.size()}});
  return kOk;
}

Result<std::uint64_t> IndexJobs::total_of(std::span<const fhir::TypeId> types) {
  std::uint64_t total = 0;
  for (const fhir::TypeId type : types) {
    store::SearchOptions options;
    options.total = search::Total::accurate;
    VESTA_TRY(const store::SearchPage page, store_.search(all_of(type), options));
    total += page.total.value_or(0);
  }
  return total;
}

// What resources contain is indexed with them: so types that contain some of the job's types are looked at as well.
// Those that come to contain some later are indexed as they are written.
Status IndexJobs::add_containers(IndexJob& job) {
  using search::Plan;
  std::vector<Plan> either;
  for (const fhir::TypeId type : job.types) {
    either.push_back(Plan::make_link(Plan::Kind::contains, {nullptr, type}, Plan::make_all()));
  }
  if (either.empty()) return kOk;
  const Plan contains = Plan::make(Plan::Kind::or_, std::move(either));
  const std::size_t own = job.types.size();
  const std::span<const fhir::Type> all = registry_.definitions().types();
  for (std::size_t id = 0; id < all.size(); ++id) {
    const auto type = static_cast<fhir::TypeId>(id);
    if (all[id].kind != fhir::TypeKind::resource || all[id].is_abstract) continue;
    if (std::binary_search(job.types.begin(), job.types.begin() + static_cast<std::ptrdiff_t>(own), type)) continue;
    VESTA_TRY(const store::SearchPage page, store_.search(search::Query{type, contains, {}}, {.count = 1}));
    if (!page.entries.empty()) job.types.push_back(type);
  }
  return kOk;
}

Status IndexJobs::begin_pass(IndexJob& job) {
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  job.pass_seq = statistics.last_seq.value;
  job.type = 0;
  job.cursor.clear();
  job.in_type = job.done = job.changed = job.failed = 0;
  warnings_ = 0;
  VESTA_TRY(job.total, total_of(job.types));
  return kOk;
}

// Of pass 0: of parameters, the rows of an earlier time are taken away; then the first pass begins.
Status IndexJobs::begin_job(IndexJob job) {
  if (job.kind == IndexJob::Kind::parameters) {
    VESTA_TRY(const bool is_done, store_.forget(parameters_.ids_of(indexing_)));
    if (!is_done) return kOk;
    VESTA_CHECK_OK(add_containers(job));
  }
  job.pass = 1;
  VESTA_CHECK_OK(begin_pass(job));
  store::WriteSet set;
  return save(job, set);
}

// One page of the job, or the end of a type or a pass.
Result<IndexJobs::Step> IndexJobs::index_page(IndexJob job) {
  if (job.pass == 0) {
    VESTA_CHECK_OK(begin_job(std::move(job)));
    return Step::worked;
  }
  IndexJob counted = job;  // where it was, should what follows fail
  store::WriteSet set;
  set.generation = registry_.generation();
  ScratchLease scratch(registry_.definitions());
  if (job.type < job.types.size()) {
    store::SearchOptions options;
    options.count = page_size_;
    options.from = job.cursor;
    VESTA_TRY(const store::SearchPage page, store_.search(all_of(job.types[job.type]), options));
    VESTA_CHECK_OK(index_entries(page, *scratch, job, set));
    job.cursor = page.next.value_or(store::Position());
    auto written = store_.commit(set);
    if (!written.ok() && written.error().category == Category::conflict) {
      if (page_size_ == 1) return Step::blocked;
      page_size_ = std::max(1u, page_size_ / 2);
      return Step::worked;  // read again
    }
    if (!written.ok()) return written.take_error();
    page_size_ = std::min(kIndexPageSize, page_size_ * 2);
    const auto changed = static_cast<std::uint64_t>(std::ranges::count(*written, true, &store::Written::changed));
    for (IndexJob* each : {&job, &counted}) {
      each->changed += changed;
      each->indexed += changed;
    }
    put(counted);
    if (!page.next) VESTA_CHECK_OK(check_count(job));
  }
  store::WriteSet progress;
  if (job.type >= job.types.size()) {
    VESTA_CHECK_OK(end_pass(job, progress));
    return Step::worked;
  }
  VESTA_CHECK_OK(save(job, progress));
  report(job);
  return Step::worked;
}

// Index values that are as they were make no version and hurt nobody: what cannot be extracted stays as it is.
Status IndexJobs::index_entries(const store::SearchPage& page, Scratch& scratch, IndexJob& job, store::WriteSet& set) {
  for (const store::Version& version : page.entries) {
    ++job.done;
    ++job.in_type;
    std::size_t failures = 0;
    const auto tree = scratch.read(version);
    Result<search::IndexValues> values = tree.ok() ? search::extract(registry_, **tree, scratch.arena, &failures)
                                                   : Result<search::IndexValues>(tree.error());
    if (!values.ok() || failures > 0) {
      ++job.failed;
      const std::string name = std::string(registry_.definitions().type(version.type).name) + "/" + version.id;
      const std::string reason =
          values.ok() ? "an expression of a custom search parameter fails on it" : reason_of(values.error());
      if (warnings_++ < kMaxIndexWarnings) {
        log::warning("a resource could not be indexed", {{"resource", name}, {"reason", reason}});
      }
    }
    if (!values.ok()) continue;
    store::Write write;
    write.kind = store::Write::Kind::index;
    write.type = version.type;
    write.id = version.id;
    write.expected = version.version;
    write.added = std::move(*values);
    set.writes.push_back(std::move(write));
  }
  return kOk;
}

// The end of a type: as many resources as the store counts must have been looked at, unless some were written
// meanwhile: those were indexed as they were written, and the count is of another moment than the pass. Else the pass
// was none.
Status IndexJobs::check_count(IndexJob& job) {
  const fhir::TypeId type = job.types[job.type];
  VESTA_TRY(const std::uint64_t total, total_of(std::span(&type, 1)));
  store::HistoryQuery newest;
  newest.type = type;
  newest.count = 1;
  VESTA_TRY(const store::HistoryPage page, store_.history(newest));
  const bool was_written = !page.entries.empty() && page.entries.front().seq.value > job.pass_seq;
  if (total != job.in_type && !was_written) {
    log::error("not all resources were looked at", {{"job", job.id},
                                                    {"type", registry_.definitions().type(type).name},
                                                    {"looked_at", job.in_type},
                                                    {"of", total}});
    ++job.changed;
  }
  job.in_type = 0;
  ++job.type;
  return kOk;
}

// A pass that changed something shows that the index was not whole when it began: another one looks whether it is now.
Status IndexJobs::end_pass(IndexJob& job, store::WriteSet& set) {
  if (job.changed > 0 && job.pass < kMaxIndexPasses) {
    ++job.pass;
    VESTA_CHECK_OK(begin_pass(job));
    return save(job, set);
  }
  job.ended = clock_.now().value;
  job.state = job.changed == 0 ? IndexJob::State::completed : IndexJob::State::failed;
  if (job.state == IndexJob::State::completed && job.kind == IndexJob::Kind::parameters) {
    const MutexLock saving(save_mutex_);
    set.properties.push_back(property_with(job));
    VESTA_CHECK_OK(parameters_.finish_indexing(indexing_, job.epoch, set));
    put(job);
  } else {
    VESTA_CHECK_OK(save(job, set));
  }
  if (job.kind == IndexJob::Kind::parameters) {
    indexing_.clear();
    note_end(job.state);
  }
  log::info("indexing ended", {{"job", job.id},
                               {"state", to_string(job.state)},
                               {"resources", job.done},
                               {"indexed", job.indexed},
                               {"failed", job.failed}});
  return kOk;
}

void IndexJobs::report(const IndexJob& job) {
  if (job.kind != IndexJob::Kind::parameters) return;
  parameters_.set_progress(indexing_, job.pass == 1 ? job.done : job.total, job.total);
}

}  // namespace vesta::ops
