// CommitQueue: what stands between the callers of a store and the one thread that writes. They hand over finished sets
// and wait; the thread takes all that are waiting as one group, and answers each.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/store.h"

namespace vesta::store {

inline constexpr std::size_t kMaxQueuedCommits = 4096;
inline constexpr std::size_t kMaxQueuedBytes = 256 << 20;  // of prepared sets; one set alone may be larger
inline constexpr std::size_t kMaxGroupWrites = 4000;       // a group takes no further set beyond these
inline constexpr std::size_t kMaxGroupBytes = 32 << 20;
inline constexpr std::chrono::milliseconds kMaxCommitWait{30'000};  // or current_deadline(); then busy
inline constexpr std::chrono::milliseconds kProbeInterval{1'000};   // while nothing can be written

// Tests have smaller ones.
struct CommitQueueLimits {
  std::size_t queued_commits = kMaxQueuedCommits;
  std::size_t queued_bytes = kMaxQueuedBytes;
  std::chrono::milliseconds commit_wait = kMaxCommitWait;
};

// One call's set, as far as the queue knows it; engines add what they write.
class CommitJob {
 public:
  CommitJob(std::size_t writes, std::size_t bytes) : writes_(writes), bytes_(bytes) {}
  CommitJob(const CommitJob&) = delete;
  CommitJob& operator=(const CommitJob&) = delete;

  // By when its caller wants the answer. An engine that can still end its wait then does.
  std::chrono::steady_clock::time_point deadline() const { return deadline_; }

 private:
  friend class CommitQueue;
  const std::size_t writes_;
  const std::size_t bytes_;
  std::chrono::steady_clock::time_point deadline_;
  std::optional<Result<std::vector<Written>>> result_;
  CondVar done_;
};

class CommitQueue {
 public:
  using Results = std::vector<Result<std::vector<Written>>>;

  // `metrics` may be null, and outlives it.
  explicit CommitQueue(Metrics* metrics, CommitQueueLimits limits = CommitQueueLimits());

  // Waits until the writer has answered. Errors: busy: too much is waiting, or it waited too long for its turn;
  // unavailable: stopped; and the writer's.
  Result<std::vector<Written>> commit(CommitJob& job) EXCLUDES(mutex_);
  // Whether commits can be expected to succeed.
  Status writable() EXCLUDES(mutex_);
  // What is queued is still to be done, what comes later is refused.
  void stop() EXCLUDES(mutex_);

  // The rest is the writer thread's.

  // Waits for the next group. False: stopped, and nothing is queued. An empty group: there is a failure, and it is time
  // to try whether it is over; or nothing came for so long.
  bool next(std::vector<CommitJob*>& group, std::optional<std::chrono::milliseconds> idle = {}) EXCLUDES(mutex_);
  // One result for each of some jobs of the group, which nobody may use afterwards.
  void answer(const std::vector<CommitJob*>& jobs, Results results) EXCLUDES(mutex_);
  // Takes those whose time is over out of the group, and answers them with busy.
  void drop_late(std::vector<CommitJob*>& group) EXCLUDES(mutex_);
  // Why nothing can be written now; nullopt: it can.
  void set_failure(std::optional<std::string> reason) EXCLUDES(mutex_);
  void count_rollback();
  // Until then, or until something happens here.
  void pause(std::chrono::steady_clock::time_point until) EXCLUDES(mutex_);
  void wait_for_stop() EXCLUDES(mutex_);

 private:
  // Every member may be null.
  struct Instruments {
    explicit Instruments(Metrics* metrics);
    Histogram* group_commits = nullptr;
    Histogram* group_resources = nullptr;
    Histogram* group_seconds = nullptr;
    Counter* bytes = nullptr;
    Counter* rollbacks = nullptr;
    Gauge* depth = nullptr;
  };

  void take_group(std::vector<CommitJob*>& group) REQUIRES(mutex_);

  const CommitQueueLimits limits_;
  const Instruments instruments_;
  std::chrono::steady_clock::time_point taken_at_;  // the group that the writer is at; its own

  Mutex mutex_;
  CondVar wake_;
  std::deque<CommitJob*> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::optional<std::string> failure_ GUARDED_BY(mutex_);
};

}  // namespace vesta::store
