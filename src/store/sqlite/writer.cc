// Writer: the queue, the thread's loop, and what happens when the disk fails.
#include "store/sqlite/writer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/thread_pool.h"
#include "store/sqlite/value_stamps.h"

namespace vesta::store::sqlite {

using SteadyClock = std::chrono::steady_clock;

struct Writer::Job : CommitJob {
  explicit Job(PreparedSet& given, const std::function<Status(Connection&)>* beside = nullptr)
      : CommitJob(given.writes.size(), given.bytes), set(given), work(beside) {}
  PreparedSet& set;
  const std::function<Status(Connection&)>* work;  // beside an empty set
};

Writer::Writer(std::unique_ptr<Connection> connection, Catalog& catalog, Bodies& bodies, Clock& clock, Metrics* metrics,
               Group::CheckCondition check, std::optional<std::chrono::milliseconds> fold_delay,
               CommitQueueLimits limits)
    : connection_(std::move(connection)),
      catalog_(catalog),
      bodies_(bodies),
      clock_(clock),
      queue_(metrics, limits),
      group_(*connection_, catalog, bodies, std::move(check)),
      newest_of_(catalog.definitions().types().size()),
      fold_delay_(fold_delay) {
  if (metrics == nullptr) return;
  sync_seconds_ =
      &metrics->histogram("vesta_store_fsync_seconds", "Time of COMMIT: writing the log and its fsync, and checkpoints",
                          {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5});
}

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
  Job job(set);
  return queue_.commit(job);
}

Status Writer::run_in_transaction(const std::function<Status(Connection&)>& work) {
  VESTA_CHECK_OK(preparing() ? writable() : Status(kOk));
  const WriteSet nothing;
  PreparedSet set;
  set.source = &nothing;
  Job job(set, &work);
  VESTA_CHECK_OK(queue_.commit(job));
  return kOk;
}

Status Writer::writable() {
  VESTA_CHECK_OK(queue_.writable());
  if (preparing()) return make_error(Category::busy, "the store's index is being rebuilt");
  return kOk;
}

void Writer::stop() {
  stop_requested_ = true;
  queue_.stop();
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
      queue_.set_failure("the store's index could not be rebuilt: " + prepared.error().message);
      // It stays refused: a store without an index must not take commits. The next open tries again.
      queue_.wait_for_stop();
      return;
    }
    if (ValueStamps* stamps = connection_->stamps(); stamps != nullptr) {
      stamps->touch_all();
      stamps->end();
    }
    preparing_ = false;
  }
  std::vector<CommitJob*> group;
  while (queue_.next(group, fold_in_)) {
    if (!group.empty())
      commit_group(group);
    else if (fold_in_)
      fold_log();
    else
      probe();
  }
}

// OPTIMIZATION: a search looks for each of its pages in the log first, as long as that has anything that the file has
// not. Errors are those of a later commit, or of the last checkpoint; the log keeps what it has.
void Writer::fold_log() {
  int frames = 0, folded = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &folded);
  if (code != SQLITE_OK || folded == frames)
    fold_in_.reset();
  else
    fold_in_ = std::min(2 * *fold_in_, kMaxFoldDelay);
}

Status Writer::apply_all(const std::vector<CommitJob*>& group, Results& results) {
  VESTA_CHECK_OK(group_.begin(clock_.now()));
  for (const CommitJob* each : group) {
    const Job& job = *static_cast<const Job*>(each);
    if (job.work != nullptr) VESTA_CHECK_OK(group_.run(*job.work));
    Result<std::vector<Written>> written = group_.apply(job.set);
    if (!written.ok() && written.error().category != Category::conflict) return written.take_error();
    results.push_back(std::move(written));
  }
  const auto before = SteadyClock::now();
  Status committed = group_.commit();
  if (sync_seconds_ != nullptr) {
    sync_seconds_->observe(std::chrono::duration<double>(SteadyClock::now() - before).count());
  }
  return committed;
}

void Writer::commit_group(const std::vector<CommitJob*>& group) {
  Results results;
  results.reserve(group.size());
  const Status committed = apply_all(group, results);
  if (!committed.ok()) {
    group_.abort();
    queue_.count_rollback();
    results.clear();
    for (std::size_t i = 0; i < group.size(); ++i) results.emplace_back(committed.error());
  }
  const bool is_disk_failure = !committed.ok() && committed.error().category == Category::unavailable;
  queue_.set_failure(is_disk_failure ? std::optional(committed.error().message) : std::nullopt);
  // A commit whose fsync failed may stand complete in the log, and would come back if we died now, though its caller
  // was told that it is not there. A further transaction overwrites it.
  if (!committed.ok()) probe();
  for (const CommitJob* job : group) {
    for (const Write& write : static_cast<const Job*>(job)->set.source->writes) {
      newest_of_[static_cast<std::size_t>(write.type)].store(group_.last_seq(), std::memory_order_release);
    }
  }
  newest_.store(group_.last_seq(), std::memory_order_release);
  newest_audit_.store(group_.last_audit(), std::memory_order_release);
  queue_.answer(group, std::move(results));
  fold_in_ = is_disk_failure ? std::nullopt : fold_delay_;
}

void Writer::probe() {
  const Status written = group_.probe();
  if (!written.ok()) connection_->rollback();
  queue_.set_failure(written.ok() ? std::nullopt : std::optional(written.error().message));
}

}  // namespace vesta::store::sqlite
