// Writer: the one thread of this node that writes. Callers queue finished sets; it commits all that are waiting in one
// transaction. Other nodes do the same; the lock of `head` orders them.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/group.h"
#include "store/postgres/newest.h"
#include "store/store.h"

namespace vesta::store::postgres {

inline constexpr std::size_t kMaxQueuedCommits = 4096;
inline constexpr std::size_t kMaxQueuedBytes = 256 << 20;  // of prepared sets; one set alone may be larger
inline constexpr std::size_t kMaxGroupWrites = 4000;       // a group takes no further set beyond these
inline constexpr std::size_t kMaxGroupBytes = 32 << 20;
inline constexpr std::chrono::milliseconds kMaxCommitWait{30'000};   // in the queue; then busy
inline constexpr int kMaxAttempts = 4;                               // of a group: deadlocks, lost connections
inline constexpr std::chrono::milliseconds kMaxResolveWait{30'000};  // to find out what became of a lost COMMIT
inline constexpr std::chrono::milliseconds kProbeInterval{1'000};    // while the database cannot be written to

class Writer {
 public:
  // All outlive it. `metrics` may be null. `node`: bytes that no other Writer has.
  Writer(std::string url, Catalog& catalog, NewestWatch& newest, Clock& clock, Metrics* metrics, std::string node);
  ~Writer();

  // Opens the connection and starts the thread.
  Status start();
  Result<std::vector<Written>> commit(const WriteSet& writes) EXCLUDES(mutex_);
  Status writable() EXCLUDES(mutex_);
  // Finishes what is queued, refuses what comes later, and joins the thread.
  void stop() EXCLUDES(mutex_);

 private:
  struct Job {
    const PreparedSet* set = nullptr;
    std::optional<Result<std::vector<Written>>> result;
    CondVar done;
  };
  struct Instruments;
  using Results = std::vector<Result<std::vector<Written>>>;

  Result<std::vector<Written>> queue(Job& job) EXCLUDES(mutex_);
  void run();
  bool wait_for_work(std::vector<Job*>& group) EXCLUDES(mutex_);
  void take_group(std::vector<Job*>& group) REQUIRES(mutex_);
  void commit_group(const std::vector<Job*>& jobs) EXCLUDES(mutex_);
  Status commit_sets(const std::vector<const PreparedSet*>& sets, Results& results);
  Status try_once(const std::vector<const PreparedSet*>& sets, Results& results, Newest& newest);
  Status reconnect();
  // Whether the group of this number was committed, though nobody said so.
  Result<bool> resolve(std::int64_t number);
  void probe() EXCLUDES(mutex_);
  void set_failure(std::optional<std::string> reason) EXCLUDES(mutex_);

  const std::string url_;
  Catalog& catalog_;
  NewestWatch& newest_;
  Clock& clock_;
  const std::string node_;
  std::unique_ptr<Instruments> instruments_;
  std::unique_ptr<Connection> connection_;  // of the writer thread, once started
  std::int64_t group_number_ = 0;
  bool is_committing_ = false;  // COMMIT was sent, and not answered

  Mutex mutex_;
  CondVar wake_;
  std::deque<Job*> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::optional<std::string> failure_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace vesta::store::postgres
