// Writer: the queue, the thread's loop, and what happens when the disk fails.
#include "store/sqlite/writer.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "store/sqlite/value_stamps.h"

namespace vesta::store::sqlite {

using SteadyClock = std::chrono::steady_clock;

// What the writer measures; every member may be null.
struct Writer::Instruments {
  explicit Instruments(Metrics* metrics) {
    if (metrics == nullptr) return;
    group_sets = &metrics->histogram("vesta_store_group_commits", "Commits in one transaction of the store",
                                     {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096});
    group_writes =
        &metrics->histogram("vesta_store_group_resources", "Resource versions in one transaction of the store",
                            {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096});
    group_seconds = &metrics->histogram("vesta_store_group_seconds",
                                        "Time of one transaction of the store, fsync included", kSeconds);
    sync_seconds = &metrics->histogram("vesta_store_fsync_seconds",
                                       "Time of COMMIT: writing the log and its fsync, and checkpoints", kSeconds);
    bytes = &metrics->counter("vesta_store_prepared_bytes_total", "Bytes of prepared commits handed to the writer");
    failures = &metrics->counter("vesta_store_group_failures_total", "Transactions that were rolled back by an error");
    queue_depth = &metrics->gauge("vesta_store_queue_depth", "Commits that wait for the writer");
  }

  static inline const std::vector<double> kSeconds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                      0.05,   0.1,   0.2,   0.5,   1,    5};
  Histogram* group_sets = nullptr;
  Histogram* group_writes = nullptr;
  Histogram* group_seconds = nullptr;
  Histogram* sync_seconds = nullptr;
  Counter* bytes = nullptr;
  Counter* failures = nullptr;
  Gauge* queue_depth = nullptr;
};

namespace {

double seconds_between(SteadyClock::time_point from, SteadyClock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}
void observe(Histogram* histogram, double value) {
  if (histogram != nullptr) histogram->observe(value);
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, Catalog& catalog, Bodies& bodies, Clock& clock, Metrics* metrics,
               Group::CheckCondition check, WriterLimits limits)
    : connection_(std::move(connection)),
      catalog_(catalog),
      bodies_(bodies),
      clock_(clock),
      limits_(limits),
      instruments_(std::make_unique<Instruments>(metrics)),
      group_(*connection_, catalog, bodies, std::move(check)),
      newest_of_(catalog.definitions().types().size()) {}

Writer::~Writer() {
  stop();
}

Status Writer::start(Preparation preparation) {
  VESTA_CHECK_OK(group_.load());
  newest_ = group_.last_seq();
  for (auto& newest : newest_of_) newest = group_.last_seq();
  newest_audit_ = group_.last_audit();
  preparation_ = std::move(preparation);
  preparing_ = preparation_ != nullptr;
  thread_ = std::thread([this] {
    set_thread_name("vesta-writer");
    run();
  });
  return kOk;
}

Result<std::vector<Written>> Writer::commit(const WriteSet& writes) {
  VESTA_CHECK_OK(preparing() ? writable() : Status(kOk));
  VESTA_TRY(PreparedSet set, prepare(catalog_, bodies_, writes));
  Job job;
  job.set = &set;
  return queue(job);
}

Status Writer::run_in_transaction(const std::function<Status(Connection&)>& work) {
  VESTA_CHECK_OK(preparing() ? writable() : Status(kOk));
  const WriteSet nothing;
  PreparedSet set;
  set.source = &nothing;
  Job job;
  job.set = &set;
  job.work = &work;
  VESTA_CHECK_OK(queue(job));
  return kOk;
}

Result<std::vector<Written>> Writer::queue(Job& job) {
  const PreparedSet& set = *job.set;
  const auto deadline = SteadyClock::now() + limits_.commit_wait;
  const MutexLock lock(mutex_);
  if (stopping_) return make_error(Category::unavailable, "the store is being closed");
  const bool is_full =
      queue_.size() >= limits_.queued_commits || (!queue_.empty() && queued_bytes_ + set.bytes > limits_.queued_bytes);
  if (is_full) return make_error(Category::busy, "too many commits are waiting");
  queue_.push_back(&job);
  queued_bytes_ += set.bytes;
  wake_.notify_one();
  while (!job.result) {
    if (job.done.wait_until(mutex_, deadline) || job.result) continue;
    const auto at = std::find(queue_.begin(), queue_.end(), &job);
    if (at != queue_.end()) {  // not begun: it can still be taken back
      queue_.erase(at);
      queued_bytes_ -= set.bytes;
      return make_error(Category::busy, "the commit waited too long for its turn");
    }
    // The writer works on it, and holds views into what the caller owns: it waits for nothing but the disk.
    while (!job.result) job.done.wait(mutex_);
  }
  return std::move(*job.result);
}

Status Writer::writable() {
  const MutexLock lock(mutex_);
  if (stopping_) return make_error(Category::unavailable, "the store is being closed");
  if (failure_) return make_error(Category::unavailable, *failure_);
  if (preparing()) return make_error(Category::busy, "the store's index is being rebuilt");
  return kOk;
}

void Writer::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    stop_requested_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  if (connection_ == nullptr) return;
  // The log is folded into the file and emptied. If that fails, the next open does it.
  sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  connection_.reset();
}

void Writer::run() {
  if (preparation_ != nullptr) {
    Status prepared = preparation_(*connection_, stop_requested_);
    // A rebuild makes rows for targets that it meets: the numbers that `start` loaded are old.
    if (prepared.ok()) prepared = group_.load();
    if (!prepared.ok()) {
      connection_->rollback();
      set_failure("the store's index could not be rebuilt: " + prepared.error().message);
      // It stays refused: a store without an index must not take commits. The next open tries again.
      MutexLock lock(mutex_);
      while (!stopping_) wake_.wait(mutex_);
      return;
    }
    if (ValueStamps* stamps = connection_->stamps(); stamps != nullptr) {
      stamps->touch_all();
      stamps->end();
    }
    preparing_ = false;
  }
  std::vector<Job*> group;
  while (wait_for_work(group)) {
    if (group.empty())
      probe();
    else
      commit_group(group);
  }
}

// False: stopped, and nothing is queued. An empty group: the file could not be written, it is time to try again.
bool Writer::wait_for_work(std::vector<Job*>& group) {
  group.clear();
  const MutexLock lock(mutex_);
  while (queue_.empty()) {
    if (stopping_) return false;
    if (!failure_)
      wake_.wait(mutex_);
    else if (!wake_.wait_until(mutex_, SteadyClock::now() + kProbeInterval))
      return true;
  }
  take_group(group);
  return true;
}

void Writer::take_group(std::vector<Job*>& group) {
  std::size_t writes = 0;
  std::size_t bytes = 0;
  while (!queue_.empty()) {
    const PreparedSet& set = *queue_.front()->set;
    const bool is_full = writes + set.writes.size() > kMaxGroupWrites || bytes + set.bytes > kMaxGroupBytes;
    if (!group.empty() && is_full) break;
    writes += set.writes.size();
    bytes += set.bytes;
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  observe(instruments_->group_sets, static_cast<double>(group.size()));
  observe(instruments_->group_writes, static_cast<double>(writes));
  if (instruments_->bytes != nullptr) instruments_->bytes->add(static_cast<double>(bytes));
  if (instruments_->queue_depth != nullptr) instruments_->queue_depth->set(static_cast<double>(queue_.size()));
}

Status Writer::apply_all(const std::vector<Job*>& group, std::vector<Result<std::vector<Written>>>& results) {
  VESTA_CHECK_OK(group_.begin(clock_.now()));
  for (const Job* job : group) {
    if (job->work != nullptr) VESTA_CHECK_OK(group_.run(*job->work));
    Result<std::vector<Written>> written = group_.apply(*job->set);
    if (!written.ok() && written.error().category != Category::conflict) return written.take_error();
    results.push_back(std::move(written));
  }
  const auto before = SteadyClock::now();
  Status committed = group_.commit();
  observe(instruments_->sync_seconds, seconds_between(before, SteadyClock::now()));
  return committed;
}

void Writer::commit_group(const std::vector<Job*>& group) {
  const auto before = SteadyClock::now();
  std::vector<Result<std::vector<Written>>> results;
  results.reserve(group.size());
  const Status committed = apply_all(group, results);
  if (!committed.ok()) {
    group_.abort();
    if (instruments_->failures != nullptr) instruments_->failures->add();
    results.clear();
    for (std::size_t i = 0; i < group.size(); ++i) results.emplace_back(committed.error());
  }
  observe(instruments_->group_seconds, seconds_between(before, SteadyClock::now()));
  const bool is_disk_failure = !committed.ok() && committed.error().category == Category::unavailable;
  set_failure(is_disk_failure ? std::optional(committed.error().message) : std::nullopt);
  // A commit whose fsync failed may stand complete in the log, and would come back if we died now, though its caller
  // was told that it is not there. A further transaction overwrites it.
  if (!committed.ok()) probe();
  for (const Job* job : group) {
    for (const Write& write : job->set->source->writes) {
      newest_of_[static_cast<std::size_t>(write.type)].store(group_.last_seq(), std::memory_order_release);
    }
  }
  newest_.store(group_.last_seq(), std::memory_order_release);
  newest_audit_.store(group_.last_audit(), std::memory_order_release);
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i]->result.emplace(std::move(results[i]));
    group[i]->done.notify_one();  // under the lock: the job dies as soon as its caller wakes
  }
}

void Writer::probe() {
  const Status written = group_.probe();
  if (!written.ok()) connection_->rollback();
  set_failure(written.ok() ? std::nullopt : std::optional(written.error().message));
}

void Writer::set_failure(std::optional<std::string> reason) {
  const MutexLock lock(mutex_);
  failure_ = std::move(reason);
}

}  // namespace vesta::store::sqlite
