// Writer: the one thread that writes. Callers queue finished sets; it commits all that are waiting with one fsync.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "store/commit_queue.h"
#include "store/sqlite/group.h"
#include "store/sqlite/tuning.h"

namespace vesta::store::sqlite {

// Tuning::fold_delay is doubled each time that snapshots of before are still read, up to this.
inline constexpr std::chrono::milliseconds kMaxFoldDelay{1'000};

class Writer {
 public:
  // Work that must be done before the first commit, on the writer's thread: rebuilding the index.
  using Preparation = std::function<Status(Connection&, const std::atomic<bool>& stopping)>;

  // All references outlive it. `metrics` and `preparation` may be null.
  Writer(std::unique_ptr<Connection> connection, Catalog& catalog, Bodies& bodies, Clock& clock, Metrics* metrics,
         Group::CheckCondition check, std::optional<std::chrono::milliseconds> fold_delay = Tuning().fold_delay,
         CommitQueueLimits limits = CommitQueueLimits());
  ~Writer();

  // Reads the numbers of the file and starts the thread.
  Status start(Preparation preparation);
  Result<std::vector<Written>> commit(const WriteSet& writes);
  // Runs `work` as a part of the next transaction; if it fails, the whole transaction is rolled back.
  Status run_in_transaction(const std::function<Status(Connection&)>& work);
  Status writable();
  // Before a commit is answered, it is that commit's or a newer one's.
  CommitSeq newest() const { return {newest_.load(std::memory_order_acquire)}; }
  CommitSeq newest(fhir::TypeId type) const {
    return {newest_of_[static_cast<std::size_t>(type)].load(std::memory_order_acquire)};
  }
  std::uint64_t newest_audit() const { return newest_audit_.load(std::memory_order_acquire); }
  bool preparing() const { return preparing_.load(std::memory_order_acquire); }
  // Finishes what is queued, refuses what comes later, joins the thread and closes the connection after a last
  // checkpoint.
  void stop();

 private:
  struct Job;
  using Results = CommitQueue::Results;

  void run();
  void commit_group(const std::vector<CommitJob*>& group);
  Status apply_all(const std::vector<CommitJob*>& group, Results& results);
  void probe();
  void fold_log();

  std::unique_ptr<Connection> connection_;
  Catalog& catalog_;
  Bodies& bodies_;
  Clock& clock_;
  CommitQueue queue_;
  Histogram* sync_seconds_ = nullptr;  // may be null
  Group group_;                        // of the writer thread, once started
  Preparation preparation_;
  std::atomic<bool> preparing_{false};
  std::atomic<std::uint64_t> newest_{0};
  std::vector<std::atomic<std::uint64_t>> newest_of_;  // by type; what was there at the start counts as the newest then
  std::atomic<std::uint64_t> newest_audit_{0};
  const std::optional<std::chrono::milliseconds> fold_delay_;
  std::optional<std::chrono::milliseconds> fold_in_;  // the writer thread's; none: nothing to fold, or a failure
  std::atomic<bool> stop_requested_{false};
  std::thread thread_;
};

}  // namespace vesta::store::sqlite
