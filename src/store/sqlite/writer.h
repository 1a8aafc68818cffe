// Writer: the one thread that writes. Callers queue finished sets; it commits all that are waiting with one fsync.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "store/sqlite/group.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxQueuedCommits = 4096;
inline constexpr std::size_t kMaxQueuedBytes = 256 * 1024 * 1024;  // of prepared sets; one set alone may be larger
inline constexpr std::size_t kMaxGroupWrites = 4000;               // a group takes no further set beyond these
inline constexpr std::size_t kMaxGroupBytes = 32 * 1024 * 1024;
inline constexpr std::chrono::milliseconds kMaxCommitWait{30'000};  // in the queue; then busy
inline constexpr std::chrono::milliseconds kProbeInterval{1'000};   // while the file cannot be written

// Tests have smaller ones.
struct WriterLimits {
  std::size_t queued_commits = kMaxQueuedCommits;
  std::size_t queued_bytes = kMaxQueuedBytes;
  std::chrono::milliseconds commit_wait = kMaxCommitWait;
};

class Writer {
 public:
  // Work that must be done before the first commit, on the writer's thread: rebuilding the index.
  using Preparation = std::function<Status(Connection&, const std::atomic<bool>& stopping)>;

  // All references outlive it. `metrics` and `preparation` may be null.
  Writer(std::unique_ptr<Connection> connection, Catalog& catalog, Bodies& bodies, Clock& clock, Metrics* metrics,
         Group::CheckCondition check, WriterLimits limits = WriterLimits());
  ~Writer();

  // Reads the numbers of the file and starts the thread.
  Status start(Preparation preparation);
  Result<std::vector<Written>> commit(const WriteSet& writes) EXCLUDES(mutex_);
  // Runs `work` as a part of the next transaction; if it fails, the whole transaction is rolled back.
  Status run_in_transaction(const std::function<Status(Connection&)>& work) EXCLUDES(mutex_);
  Status writable() EXCLUDES(mutex_);
  // Before a commit is answered, it is that commit's or a newer one's.
  CommitSeq newest() const { return {newest_.load(std::memory_order_acquire)}; }
  CommitSeq newest(fhir::TypeId type) const {
    return {newest_of_[static_cast<std::size_t>(type)].load(std::memory_order_acquire)};
  }
  std::uint64_t newest_audit() const { return newest_audit_.load(std::memory_order_acquire); }
  bool preparing() const { return preparing_.load(std::memory_order_acquire); }
  // Finishes what is queued, refuses what comes later, joins the thread and closes the connection after a last
  // checkpoint.
  void stop() EXCLUDES(mutex_);

 private:
  struct Job {
    PreparedSet* set = nullptr;
    const std::function<Status(Connection&)>* work = nullptr;  // beside an empty set
    std::optional<Result<std::vector<Written>>> result;
    CondVar done;
  };
  struct Instruments;

  Result<std::vector<Written>> queue(Job& job) EXCLUDES(mutex_);
  void run();
  bool wait_for_work(std::vector<Job*>& group) EXCLUDES(mutex_);
  void take_group(std::vector<Job*>& group) REQUIRES(mutex_);
  void commit_group(const std::vector<Job*>& group);
  Status apply_all(const std::vector<Job*>& group, std::vector<Result<std::vector<Written>>>& results);
  void probe();
  void set_failure(std::optional<std::string> reason) EXCLUDES(mutex_);

  std::unique_ptr<Connection> connection_;
  Catalog& catalog_;
  Bodies& bodies_;
  Clock& clock_;
  const WriterLimits limits_;
  std::unique_ptr<Instruments> instruments_;
  Group group_;  // of the writer thread, once started
  Preparation preparation_;
  std::atomic<bool> preparing_{false};
  std::atomic<std::uint64_t> newest_{0};
  std::vector<std::atomic<std::uint64_t>> newest_of_;  // by type; what was there at the start counts as the newest then
  std::atomic<std::uint64_t> newest_audit_{0};
  std::atomic<bool> stop_requested_{false};

  Mutex mutex_;
  CondVar wake_;
  std::deque<Job*> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::optional<std::string> failure_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace vesta::store::sqlite
