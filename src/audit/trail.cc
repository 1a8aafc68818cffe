// The queue of the audit log, and its thread.
#include "audit/trail.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/deadline.h"
#include "base/log.h"
#include "base/thread_pool.h"

namespace vesta::audit {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRetry{100};  // after a commit that failed
// For one commit: a stop waits for the one that it meets, and for the last.
constexpr std::chrono::milliseconds kCommitWait{5'000};

}  // namespace

Trail::Trail(store::Store& store, Metrics* metrics, TrailLimits limits) : store_(store), limits_(limits) {
  if (metrics != nullptr) {
    counter_ = &metrics->counter("vesta_audit_records_total", "Records of reads and refusals in the audit log.");
  }
  thread_ = std::thread([this] {
    set_thread_name("vesta-audit");
    run();
  });
}

Trail::~Trail() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    wake_.notify_all();
    room_.notify_all();
  }
  thread_.join();
}

// An append that is larger than the queue alone goes into an empty one.
bool Trail::has_room(std::size_t records, std::size_t bytes) const {
  return records_ == 0 || (records_ + records <= limits_.records && bytes_ + bytes <= limits_.bytes);
}

bool Trail::is_half_full() const {
  return records_ >= limits_.records / 2 || bytes_ >= limits_.bytes / 2;
}

void Trail::add(std::string_view record, std::size_t who) {
  if (entries_ == 0 || waiting_[entries_ - 1].size() + 1 + record.size() > kUsualEntryBytes) {
    if (entries_ == waiting_.size()) waiting_.emplace_back().reserve(kUsualEntryBytes);
    waiting_[entries_++].clear();
  }
  append_record(record, who, who_, waiting_[entries_ - 1]);
}

bool Trail::wait_for_room(std::size_t records, std::size_t bytes) {
  if (!is_stopping_ && has_room(records, bytes)) return true;
  const auto deadline = SteadyClock::now() + limits_.wait;
  while (!is_stopping_ && !has_room(records, bytes)) {
    if (!room_.wait_until(mutex_, deadline)) break;
  }
  return !is_stopping_ && has_room(records, bytes);
}

Status Trail::append(const Records& records) {
  const std::size_t count = records.ends.size(), bytes = records.text.size();
  const MutexLock lock(mutex_);
  if (!wait_for_room(count, bytes)) {
    return make_error(Category::busy, "The audit log cannot take what this request would leave in it.");
  }
  const bool was_empty = entries_ == 0;
  records_ += count;
  appended_ += count;
  bytes_ += bytes;
  for (std::size_t i = 0; i < count; ++i) add(records.at(i), records.who);
  if (was_empty || is_half_full()) wake_.notify_one();
  return kOk;
}

Status Trail::flush(SteadyClock::time_point deadline) {
  const MutexLock lock(mutex_);
  const std::uint64_t target = appended_;
  if (target > written_) {
    flush_to_ = std::max(flush_to_, target);
    wake_.notify_one();
  }
  while (written_ < target) {
    if (!room_.wait_until(mutex_, deadline)) break;
  }
  if (written_ >= target) return kOk;
  return make_error(Category::busy, "The audit log is not written yet; ask again later.");
}

std::size_t Trail::depth() {
  const MutexLock lock(mutex_);
  return records_;
}

// Until the first record has waited its time, or it is urgent. False: stopped, and there are none.
bool Trail::wait_for_records() {
  while (entries_ == 0) {
    if (is_stopping_) return false;
    wake_.wait(mutex_);
  }
  const auto deadline = SteadyClock::now() + kMaxDelay / 2;  // the commit takes its time too
  while (!is_urgent()) {
    if (!wake_.wait_until(mutex_, deadline)) break;
  }
  return true;
}

void Trail::run() {
  store::WriteSet set;
  while (true) {
    std::size_t records = 0, bytes = 0;
    {
      const MutexLock lock(mutex_);
      if (!wait_for_records()) return;
      std::swap(set.audit, waiting_);
      const auto unused = set.audit.begin() + static_cast<std::ptrdiff_t>(std::exchange(entries_, 0));
      std::move(unused, set.audit.end(), std::back_inserter(waiting_));
      set.audit.erase(unused, set.audit.end());
      records = records_;  // what was written before has left them
      bytes = bytes_;
    }
    if (!write(set)) return;
    const MutexLock lock(mutex_);
    records_ -= records;
    written_ += records;
    bytes_ -= bytes;
    if (counter_ != nullptr) counter_->add(static_cast<double>(records));
    room_.notify_all();
  }
}

// False: it failed, and once more after the stop.
bool Trail::write(store::WriteSet& set) {
  bool is_last = false;
  for (bool is_first = true;; is_first = false) {
    const auto committed = [&] {
      const DeadlineScope scope(SteadyClock::now() + kCommitWait);
      return store_.commit(set);
    }();
    if (committed.ok()) return true;
    if (is_first) log::error("the audit log could not be written", {{"reason", committed.error().message}});
    if (is_last) {
      log::error("records of the audit log are lost", {{"records", depth()}});
      return false;
    }
    const MutexLock lock(mutex_);
    if (!is_stopping_) wake_.wait_until(mutex_, SteadyClock::now() + kRetry);
    is_last = is_stopping_;
  }
}

}  // namespace vesta::audit
