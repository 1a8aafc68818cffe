// CommitQueue: places, groups and answers.
#include "store/commit_queue.h"

#include <algorithm>
#include <utility>

#include "base/deadline.h"

namespace vesta::store {

using SteadyClock = std::chrono::steady_clock;

namespace {

void observe(Histogram* histogram, double value) {
  if (histogram != nullptr) histogram->observe(value);
}

Error too_late() {
  return make_error(Category::busy, "the commit waited too long for its turn");
}

}  // namespace

CommitQueue::Instruments::Instruments(Metrics* metrics) {
  if (metrics == nullptr) return;
  group_commits = &metrics->histogram("vesta_store_group_commits", "Commits in one transaction of the store",
                                      {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096});
  group_resources =
      &metrics->histogram("vesta_store_group_resources", "Resource versions in one transaction of the store",
                          {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096});
  group_seconds =
      &metrics->histogram("vesta_store_group_seconds", "Time of one transaction of the store, COMMIT included",
                          {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5});
  bytes = &metrics->counter("vesta_store_prepared_bytes_total", "Bytes of prepared commits handed to the writer");
  rollbacks = &metrics->counter("vesta_store_group_failures_total", "Transactions that were rolled back by an error");
  depth = &metrics->gauge("vesta_store_queue_depth", "Commits that wait for the writer");
}

CommitQueue::CommitQueue(Metrics* metrics, CommitQueueLimits limits) : limits_(limits), instruments_(metrics) {}

Result<std::vector<Written>> CommitQueue::commit(CommitJob& job) {
  job.deadline_ = deadline_within(limits_.commit_wait);
  const MutexLock lock(mutex_);
  if (stopping_) return make_error(Category::unavailable, "the store is being closed");
  const bool is_full =
      queue_.size() >= limits_.queued_commits || (!queue_.empty() && queued_bytes_ + job.bytes_ > limits_.queued_bytes);
  if (is_full) return make_error(Category::busy, "too many commits are waiting");
  queue_.push_back(&job);
  queued_bytes_ += job.bytes_;
  wake_.notify_one();
  while (!job.result_) {
    if (job.done_.wait_until(mutex_, job.deadline_) || job.result_) continue;
    const auto at = std::find(queue_.begin(), queue_.end(), &job);
    if (at != queue_.end()) {  // not begun: it can still be taken back
      queue_.erase(at);
      queued_bytes_ -= job.bytes_;
      return too_late();
    }
    // The writer works on it, and holds views into what the caller owns; it waits for nothing without a deadline but
    // the disk.
    while (!job.result_) job.done_.wait(mutex_);
  }
  return std::move(*job.result_);
}

Status CommitQueue::writable() {
  const MutexLock lock(mutex_);
  if (stopping_) return make_error(Category::unavailable, "the store is being closed");
  if (failure_) return make_error(Category::unavailable, *failure_);
  return kOk;
}

void CommitQueue::stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

bool CommitQueue::next(std::vector<CommitJob*>& group, std::optional<std::chrono::milliseconds> idle) {
  group.clear();
  const MutexLock lock(mutex_);
  if (failure_) idle = kProbeInterval;
  while (queue_.empty()) {
    if (stopping_) return false;
    if (!idle)
      wake_.wait(mutex_);
    else if (!wake_.wait_until(mutex_, SteadyClock::now() + *idle))
      return true;
  }
  take_group(group);
  return true;
}

void CommitQueue::take_group(std::vector<CommitJob*>& group) {
  std::size_t writes = 0;
  std::size_t bytes = 0;
  while (!queue_.empty()) {
    CommitJob& job = *queue_.front();
    const bool is_full = writes + job.writes_ > kMaxGroupWrites || bytes + job.bytes_ > kMaxGroupBytes;
    if (!group.empty() && is_full) break;
    writes += job.writes_;
    bytes += job.bytes_;
    group.push_back(&job);
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  taken_at_ = SteadyClock::now();
  observe(instruments_.group_commits, static_cast<double>(group.size()));
  observe(instruments_.group_resources, static_cast<double>(writes));
  if (instruments_.bytes != nullptr) instruments_.bytes->add(static_cast<double>(bytes));
  if (instruments_.depth != nullptr) instruments_.depth->set(static_cast<double>(queue_.size()));
}

void CommitQueue::answer(const std::vector<CommitJob*>& jobs, Results results) {
  if (jobs.empty()) return;
  observe(instruments_.group_seconds, std::chrono::duration<double>(SteadyClock::now() - taken_at_).count());
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i]->result_.emplace(std::move(results[i]));
    jobs[i]->done_.notify_one();  // under the lock: the job dies as soon as its caller wakes
  }
}

void CommitQueue::drop_late(std::vector<CommitJob*>& group) {
  const auto now = SteadyClock::now();
  const auto late = std::ranges::stable_partition(group, [&](const CommitJob* job) { return job->deadline_ > now; });
  const std::vector<CommitJob*> dropped(late.begin(), late.end());
  group.erase(late.begin(), late.end());
  Results results;
  for (std::size_t i = 0; i < dropped.size(); ++i) results.emplace_back(too_late());
  answer(dropped, std::move(results));
}

void CommitQueue::set_failure(std::optional<std::string> reason) {
  const MutexLock lock(mutex_);
  failure_ = std::move(reason);
}

void CommitQueue::count_rollback() {
  if (instruments_.rollbacks != nullptr) instruments_.rollbacks->add();
}

void CommitQueue::pause(SteadyClock::time_point until) {
  const MutexLock lock(mutex_);
  wake_.wait_until(mutex_, until);
}

void CommitQueue::wait_for_stop() {
  const MutexLock lock(mutex_);
  while (!stopping_) wake_.wait(mutex_);
}

}  // namespace vesta::store
