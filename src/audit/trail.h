// Trail: the way into the audit log for what has no commit of its own: reads, and what was refused.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/record.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "store/store.h"

namespace vesta::audit {

inline constexpr std::chrono::milliseconds kMaxDelay{200};  // until a record is durable, while the store takes commits
inline constexpr std::chrono::seconds kMaxWait{1};          // of a request for room in the queue

struct TrailLimits {
  std::size_t records = 20'000;  // that wait
  std::size_t bytes = 16 << 20;
  std::chrono::milliseconds wait = kMaxWait;
};

// Thread-safe. One thread, vesta-audit, commits what has gathered, many records at once. A commit that fails is tried
// again until it succeeds: the answers have been told already.
class Trail {
 public:
  // `store` and `metrics`, which may be null, outlive it.
  explicit Trail(store::Store& store, Metrics* metrics = nullptr, TrailLimits limits = {});
  // Commits what waits.
  ~Trail();
  Trail(const Trail&) = delete;
  Trail& operator=(const Trail&) = delete;

  // Errors (busy): there was no room in time. Then none of `records` is kept, and the answer must not be told.
  Status append(const Records& records);
  Status append(std::string_view record) { return append(Records{std::string(record), {record.size()}, 0}); }

  // All that was appended before is durable when it returns. Errors (busy): not in time.
  Status flush(std::chrono::steady_clock::time_point deadline);
  // Records that are not durable yet.
  std::size_t depth();

 private:
  bool has_room(std::size_t records, std::size_t bytes) const REQUIRES(mutex_);
  bool wait_for_room(std::size_t records, std::size_t bytes) REQUIRES(mutex_);  // false: there is none in time
  bool is_half_full() const REQUIRES(mutex_);
  bool is_urgent() const REQUIRES(mutex_) { return is_stopping_ || flush_to_ > written_ || is_half_full(); }
  void add(std::string_view record, std::size_t who) REQUIRES(mutex_);
  void run();
  bool wait_for_records() REQUIRES(mutex_);
  bool write(store::WriteSet& set);

  store::Store& store_;
  const TrailLimits limits_;
  Counter* counter_ = nullptr;
  Mutex mutex_;
  CondVar wake_;  // the thread
  CondVar room_;  // requests
  // Entries of the log, of which the first `entries_` are in use. OPTIMIZATION: a row and a hash for several records;
  // and memory that one thread takes and another gives back costs more than the copy of a text, so these keep theirs.
  std::vector<std::string> waiting_ GUARDED_BY(mutex_);
  std::size_t entries_ GUARDED_BY(mutex_) = 0;
  std::string who_ GUARDED_BY(mutex_);             // of the last record of the last entry
  std::size_t records_ GUARDED_BY(mutex_) = 0;     // that are not durable: those that wait, and those that are written
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;       // of them
  std::uint64_t appended_ GUARDED_BY(mutex_) = 0;  // records, ever
  std::uint64_t written_ GUARDED_BY(mutex_) = 0;   // of these
  std::uint64_t flush_to_ GUARDED_BY(mutex_) = 0;  // somebody waits until so many are written
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vesta::audit
