// Writer: the queue, the thread's loop, and what happens when a transaction fails.
#include "store/postgres/writer.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/thread_pool.h"
#include "store/postgres/parameters.h"

namespace vesta::store::postgres {

using SteadyClock = std::chrono::steady_clock;

// What the writer measures; every member may be null.
struct Writer::Instruments {
  explicit Instruments(Metrics* metrics) {
    if (metrics == nullptr) return;
    group_sets = &metrics->histogram("vesta_store_group_commits", "Commits in one transaction of the store",
                                     {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096});
    group_seconds = &metrics->histogram("vesta_store_group_seconds", "Time of one transaction of the store",
                                        {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5});
    failures = &metrics->counter("vesta_store_group_failures_total", "Transactions that were rolled back by an error");
    queue_depth = &metrics->gauge("vesta_store_queue_depth", "Commits that wait for the writer");
  }
  Histogram* group_sets = nullptr;
  Histogram* group_seconds = nullptr;
  Counter* failures = nullptr;
  Gauge* queue_depth = nullptr;
};

namespace {

// A node that ended without saying so leaves its row.
constexpr const char* kForgetNodes = "DELETE FROM node WHERE seen < now() - interval '1 day'";
constexpr const char* kLockToResolve = "SELECT 1 FROM head FOR UPDATE";
constexpr const char* kLastGroup = "SELECT last_group FROM node WHERE id = $1";
constexpr const char* kForgetNode = "DELETE FROM node WHERE id = $1";

}  // namespace

Writer::Writer(std::string url, Catalog& catalog, NewestWatch& newest, Clock& clock, Metrics* metrics, std::string node)
    : url_(std::move(url)),
      catalog_(catalog),
      newest_(newest),
      clock_(clock),
      node_(std::move(node)),
      instruments_(std::make_unique<Instruments>(metrics)) {}

Writer::~Writer() {
  stop();
}

Status Writer::start() {
  VESTA_CHECK_OK(reconnect());
  VESTA_CHECK_OK(connection_->run(kForgetNodes));
  thread_ = std::thread([this] {
    set_thread_name("vesta-writer");
    run();
  });
  return kOk;
}

Status Writer::reconnect() {
  if (connection_ != nullptr && connection_->is_usable()) {
    if (connection_->is_idle() || connection_->run("ROLLBACK").ok()) return kOk;
  }
  connection_.reset();
  VESTA_TRY(connection_, Connection::open(url_));
  return kOk;
}

Result<std::vector<Written>> Writer::commit(const WriteSet& writes) {
  VESTA_TRY(const PreparedSet set, prepare(catalog_, writes));
  Job job;
  job.set = &set;
  return queue(job);
}

Result<std::vector<Written>> Writer::queue(Job& job) {
  const PreparedSet& set = *job.set;
  const auto deadline = SteadyClock::now() + kMaxCommitWait;
  const MutexLock lock(mutex_);
  if (stopping_) return make_error(Category::unavailable, "the store is being closed");
  const bool is_full =
      queue_.size() >= kMaxQueuedCommits || (!queue_.empty() && queued_bytes_ + set.bytes > kMaxQueuedBytes);
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
    // The writer works on it, and holds views into what the caller owns; each of its own waits has a deadline.
    while (!job.result) job.done.wait(mutex_);
  }
  return std::move(*job.result);
}

Status Writer::writable() {
  const MutexLock lock(mutex_);
  if (stopping_) return make_error(Category::unavailable, "the store is being closed");
  if (failure_) return make_error(Category::unavailable, *failure_);
  return kOk;
}

void Writer::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  if (connection_ == nullptr) return;
  Parameters node;
  node.bytes(node_);
  const Result<Rows> forgotten = connection_->run(kForgetNode, node);
  if (!forgotten.ok()) log::warning("this node's row was not taken away", {{"reason", forgotten.error().message}});
  connection_.reset();
}

void Writer::run() {
  std::vector<Job*> group;
  while (wait_for_work(group)) {
    if (group.empty())
      probe();
    else
      commit_group(group);
  }
}

// False: stopped, and nothing is queued. An empty group: the database could not be written to, it is time to try again.
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
    const bool is_full = writes + set.rows.size() > kMaxGroupWrites || bytes + set.bytes > kMaxGroupBytes;
    if (!group.empty() && is_full) break;
    writes += set.rows.size();
    bytes += set.bytes;
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  if (instruments_->group_sets != nullptr) instruments_->group_sets->observe(static_cast<double>(group.size()));
  if (instruments_->queue_depth != nullptr) instruments_->queue_depth->set(static_cast<double>(queue_.size()));
}

Status Writer::try_once(const std::vector<const PreparedSet*>& sets, Results& results, Newest& newest) {
  VESTA_CHECK_OK(reconnect());
  results.clear();
  Group group(*connection_, catalog_);
  VESTA_CHECK_OK(group.begin(sets, clock_.now()));
  for (const PreparedSet* set : sets) {
    Result<std::vector<Written>> written = group.apply(*set);
    if (!written.ok() && written.error().category != Category::conflict) return written.take_error();
    results.push_back(std::move(written));
  }
  is_committing_ = true;
  Status committed = group.commit(node_, group_number_);
  is_committing_ = !committed.ok() && !connection_->is_usable();
  newest = group.newest();
  return committed;
}

// Again, if the transaction may succeed then: nothing of it is there.
Status Writer::commit_sets(const std::vector<const PreparedSet*>& sets, Results& results) {
  for (int attempt = 1;; ++attempt) {
    ++group_number_;
    is_committing_ = false;
    Newest newest;
    Status tried = try_once(sets, results, newest);
    if (!tried.ok() && is_committing_) {
      VESTA_TRY(const bool is_committed, resolve(group_number_));
      if (is_committed) tried = kOk;
    }
    if (tried.ok()) {
      newest_.raise(newest);
      return kOk;
    }
    const bool may_retry = connection_ == nullptr || !connection_->is_usable() || connection_->may_retry();
    if (!may_retry || attempt == kMaxAttempts) return tried;
  }
}

// Behind the lock of `head` the lost transaction is over, one way or the other.
Result<bool> Writer::resolve(std::int64_t number) {
  const auto deadline = SteadyClock::now() + kMaxResolveWait;
  Parameters node;
  node.bytes(node_);
  for (;;) {
    Status connected = reconnect();
    if (connected.ok()) {
      connection_->send("BEGIN");
      connection_->send(kLockToResolve);
      connection_->send(kLastGroup, node);
      connection_->send("COMMIT");
      const Result<std::vector<Rows>> rows = connection_->sync();
      if (rows.ok()) return (*rows)[2].size() == 1 && (*rows)[2].integer(0, 0) == number;
      connected = rows.error();
    }
    const MutexLock lock(mutex_);
    if (SteadyClock::now() >= deadline) {
      return make_error(
          Category::unavailable,
          "the database was lost at the end of a commit, which may be there or not: " + connected.error().message);
    }
    wake_.wait_until(mutex_, std::min(deadline, SteadyClock::now() + kProbeInterval));
  }
}

void Writer::commit_group(const std::vector<Job*>& jobs) {
  const auto before = SteadyClock::now();
  std::vector<const PreparedSet*> sets;
  for (const Job* job : jobs) sets.push_back(job->set);
  Results results;
  Status committed = commit_sets(sets, results);
  if (!committed.ok()) {
    if (instruments_->failures != nullptr) instruments_->failures->add();
    results.clear();
    const bool is_own_fault = committed.error().category != Category::unavailable && sets.size() > 1;
    for (const PreparedSet* set : sets) {
      // What one of them cannot do must not spoil the others.
      Results one;
      Status alone = is_own_fault ? commit_sets({set}, one) : Status(committed.error());
      if (alone.ok())
        results.push_back(std::move(one.front()));
      else
        results.emplace_back(alone.take_error());
    }
  }
  if (instruments_->group_seconds != nullptr) {
    instruments_->group_seconds->observe(std::chrono::duration<double>(SteadyClock::now() - before).count());
  }
  const bool is_lost = !committed.ok() && committed.error().category == Category::unavailable;
  set_failure(is_lost ? std::optional(committed.error().message) : std::nullopt);
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i]->result.emplace(std::move(results[i]));
    jobs[i]->done.notify_one();  // under the lock: the job dies as soon as its caller wakes
  }
}

// A transaction of nothing.
void Writer::probe() {
  Results results;
  const Status written = commit_sets({}, results);
  set_failure(written.ok() ? std::nullopt : std::optional(written.error().message));
}

void Writer::set_failure(std::optional<std::string> reason) {
  const MutexLock lock(mutex_);
  failure_ = std::move(reason);
}

}  // namespace vesta::store::postgres
