// Which job is next, on which node, and how far each has come.
#include "ops/index_jobs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/reason.h"
#include "base/thread_pool.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kProperty = "index-jobs";
constexpr std::chrono::milliseconds kIdleWait{1'000};  // while there is nothing to do, or the store fails

}  // namespace

IndexJobs::IndexJobs(const search::Registry& registry, store::Store& store, CustomParameters& parameters, Clock& clock,
                     Random& random, const jobs::Lease* lease)
    : registry_(registry), store_(store), parameters_(parameters), clock_(clock), uuids_(clock, random), lease_(lease) {
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

Status IndexJobs::load() {
  const MutexLock step(step_mutex_);
  if (lease_ == nullptr) return load_as_own();
  const MutexLock saving(save_mutex_);
  VESTA_TRY([[maybe_unused]] const bool is_new, refresh(false));
  return kOk;
}

// What was being indexed for another index than the present one, or for parameters that have been away, begins anew.
// Nothing is searched here: while the store makes its index anew it answers no search, and the start must not fail
// then.
Status IndexJobs::load_as_own() {
  const MutexLock saving(save_mutex_);
  VESTA_TRY(stored_, store_.property(kProperty));
  VESTA_TRY(const store::Statistics statistics, store_.statistics());
  std::vector<IndexJob> jobs = decode_jobs(registry_.definitions(), stored_.value_or(""));
  indexing_.clear();
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
    VESTA_CHECK_OK(save_locked(job, std::nullopt, {}));
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

void IndexJobs::put(const IndexJob& job) {
  std::vector<IndexJob> all = jobs_with(job);
  const MutexLock lock(mutex_);
  jobs_ = std::move(all);
}

// The jobs as the store has them. The holder alone changes one that is there (`is_own`): it keeps its own, which may be
// ahead. False: they are as they were.
Result<bool> IndexJobs::refresh(bool is_own) {
  VESTA_TRY(std::optional<std::string> text, store_.property(kProperty));
  if (text == stored_) return false;
  std::vector<IndexJob> all = decode_jobs(registry_.definitions(), text.value_or(""));
  stored_ = std::move(text);
  const MutexLock lock(mutex_);
  for (IndexJob& job : all) {
    const auto known = std::ranges::find(jobs_, job.id, &IndexJob::id);
    if (is_own && known != jobs_.end()) job = *known;
  }
  jobs_ = std::move(all);
  return true;
}

Status IndexJobs::save(const IndexJob& job) {
  const MutexLock saving(save_mutex_);
  return save_locked(job, fence_, {});
}

// Others may have taken jobs meanwhile: what they have written is read, and it is tried again. `commit` does that, with
// what else belongs to it; null: there is nothing else. Errors: conflict: the lease was lost.
Status IndexJobs::save_locked(const IndexJob& job, const std::optional<store::ExpectedProperty>& fence,
                              const CustomParameters::Commit& commit) {
  while (true) {
    store::WriteSet set;
    std::string text = encode_jobs(registry_.definitions(), jobs_with(job));
    set.expected_properties.emplace_back(kProperty, stored_);
    if (fence) set.expected_properties.push_back(*fence);
    set.properties.emplace_back(kProperty, text);
    const auto tried = [&]() -> Status {
      if (commit) return commit(set);
      VESTA_CHECK_OK(store_.commit(set));
      return kOk;
    };
    Status saved = tried();
    if (saved.ok()) {
      stored_ = std::move(text);
      put(job);
      return kOk;
    }
    if (saved.error().category != Category::conflict) return saved;
    VESTA_TRY(const bool has_changed, refresh(fence.has_value() || lease_ == nullptr));
    if (!has_changed) return saved;
  }
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

// Whoever comes to have the lease goes on where the one before it ended.
Result<bool> IndexJobs::is_own_task() {
  if (lease_ == nullptr) return true;
  auto fence = lease_->fence(clock_);
  if (!fence) return false;
  if (fence == fence_) return true;
  VESTA_CHECK_OK(parameters_.load());
  VESTA_CHECK_OK(load_as_own());
  fence_ = std::move(fence);
  return true;
}

// What another node does: how far its jobs are, and which parameters it has made ready.
Result<IndexJobs::Step> IndexJobs::follow() {
  {
    const MutexLock saving(save_mutex_);
    VESTA_TRY([[maybe_unused]] const bool is_new, refresh(false));
  }
  if (!parameters_.has_pending()) return Step::idle;
  VESTA_CHECK_OK(parameters_.load());
  return Step::idle;
}

// 1. What other nodes have changed, and what could not be read after its commit. 2. The job that has begun. 3.
// Parameters that no job is about. 4. The job that has waited longest. 5. Index rows that nothing needs any more.
Result<IndexJobs::Step> IndexJobs::next_step() {
  parameters_.look();
  if (parameters_.must_load()) VESTA_CHECK_OK(parameters_.load());
  VESTA_TRY(const bool is_own, is_own_task());
  if (!is_own) return follow();
  std::optional<IndexJob> job = current();
  const bool has_begun = job && (job->pass > 0 || job->kind == IndexJob::Kind::parameters);
  if (!has_begun && may_begin_parameters()) {
    VESTA_CHECK_OK(begin_parameters());
    return Step::worked;
  }
  if (job) return index_page(std::move(*job));
  return tidy_up();
}

Result<IndexJobs::Step> IndexJobs::tidy_up() {
  if (lease_ != nullptr) {
    const MutexLock saving(save_mutex_);
    VESTA_TRY(const bool is_new, refresh(true));
    if (is_new) return Step::worked;
    if (const auto now = clock_.monotonic(); now - restated_ >= kRestateInterval) {
      VESTA_CHECK_OK(parameters_.restate_ready(fence_));
      restated_ = now;
    }
  }
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
  const MutexLock saving(save_mutex_);
  const auto begin = [&](const std::vector<ActiveParameter>& parameters, const CustomParameters::Commit& commit)
                         REQUIRES(save_mutex_) {
                           for (const ActiveParameter& each : parameters) {
                             job.digests.push_back(each.digest);
                             job.types.insert(job.types.end(), each.types.begin(), each.types.end());
                           }
                           std::ranges::sort(job.types);
                           job.types.erase(std::unique(job.types.begin(), job.types.end()), job.types.end());
                           job.pass = 0;  // of forgetting
                           return save_locked(job, fence_, commit);
                         };
  VESTA_TRY(indexing_, parameters_.begin_indexing(job.id, begin));
  if (indexing_.empty()) return kOk;
  log::info("indexing search parameters", {{"job", job.id}, {"parameters", indexing_.size()}});
  return kOk;
}

}  // namespace vesta::ops
