// Writer: the one thread of this node that writes. Callers queue finished sets; it commits all that are waiting in one
// transaction. Other nodes do the same; the lock of `head` orders them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "store/commit_queue.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/group.h"
#include "store/postgres/newest.h"
#include "store/store.h"

namespace vesta::store::postgres {

inline constexpr int kMaxAttempts = 4;                                  // of a group: deadlocks, lost connections
inline constexpr std::chrono::milliseconds kMaxResolveWait{30'000};     // to find out what became of a lost COMMIT
inline constexpr std::chrono::milliseconds kMinResolveWait{2'000};      // though the deadline is over
inline constexpr std::chrono::milliseconds kProbeWait{3'000};           // for the answer to a probe
inline constexpr std::chrono::milliseconds kMaxIdleTransaction{5'000};  // of a node that stands still behind the lock

class Writer {
 public:
  // All outlive it. `metrics` may be null. `node`: bytes that no other Writer has.
  Writer(std::string url, Catalog& catalog, NewestWatch& newest, Clock& clock, Metrics* metrics, std::string node);
  ~Writer();

  // Opens the connection and starts the thread.
  Status start();
  Result<std::vector<Written>> commit(const WriteSet& writes);
  Status writable() { return queue_.writable(); }
  // Finishes what is queued, refuses what comes later, and joins the thread.
  void stop();

 private:
  struct Job;
  using Results = CommitQueue::Results;

  void run();
  void commit_group(std::vector<CommitJob*>& group);
  Status commit_jobs(const std::vector<CommitJob*>& jobs, Results& results);
  Status commit_sets(const std::vector<const PreparedSet*>& sets, Results& results);
  Status try_once(const std::vector<const PreparedSet*>& sets, Results& results, Newest& newest);
  Status reconnect();
  // Whether the group of this number was committed, though nobody said so.
  Result<bool> resolve(std::int64_t number);
  void probe();

  const std::string url_;
  Catalog& catalog_;
  NewestWatch& newest_;
  Clock& clock_;
  const std::string node_;
  CommitQueue queue_;
  std::unique_ptr<Connection> connection_;  // of the writer thread, once started
  std::int64_t group_number_ = 0;
  bool is_committing_ = false;  // COMMIT was sent, and not answered
  std::thread thread_;
};

}  // namespace vesta::store::postgres
