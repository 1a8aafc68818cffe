// IndexJobs: background indexing, in steps: what custom parameters lack, and what $reindex asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "base/uuid.h"
#include "jobs/node.h"
#include "ops/custom_parameters.h"
#include "ops/index_job.h"
#include "store/store.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxIndexJobs = 32;      // remembered; the oldest that has ended makes room
inline constexpr std::size_t kMaxRunningJobs = 16;    // more is Category::busy
inline constexpr std::uint32_t kIndexPageSize = 100;  // resources of one commit: those of others wait for it
inline constexpr std::uint32_t kMaxIndexPasses = 6;   // then something else changes the index, and the job fails
inline constexpr int kMaxIndexWarnings = 20;          // of one pass; further resources are only counted
// After a job of parameters has failed, before the next one; twice as long each time. A change of them ends the wait.
inline constexpr std::chrono::seconds kMinIndexRetryWait{10};
inline constexpr std::chrono::seconds kMaxIndexRetryWait{3600};
inline constexpr std::chrono::seconds kRestateInterval{10};  // between looks whether the store says what is ready

// Jobs run one after the other, in the order they were asked for, but parameters before what has not begun. A step
// commits a page, and then how far the job has come (property "index-jobs"). A process that dies goes on from there; as
// what the last page changed may not be counted, another pass follows the one that was cut. Of several nodes any takes
// jobs, and the holder of the lease does them; the others follow what it writes. Thread-safe; all references outlive
// it.
class IndexJobs {
 public:
  // `lease` of this work; null: there are no other nodes.
  IndexJobs(const search::Registry& registry, store::Store& store, CustomParameters& parameters, Clock& clock,
            Random& random, const jobs::Lease* lease = nullptr);
  ~IndexJobs();

  // Reads where an earlier process ended; after CustomParameters::load.
  Status load() EXCLUDES(step_mutex_, mutex_);

  // Durable when it returns: the job's id; a step begins it. Errors: busy (kMaxRunningJobs), those of the store.
  Result<std::string> reindex(std::vector<fhir::TypeId> types) EXCLUDES(save_mutex_, mutex_);
  std::vector<IndexJob> jobs() EXCLUDES(mutex_);

  // Does the next piece of work. Errors: those of the store; the work is not done, and the next step tries again.
  // `blocked`: others keep changing the one resource that is next; as with an error, the next step is better later.
  enum class Step : std::uint8_t { worked, blocked, idle };
  Result<Step> step() EXCLUDES(step_mutex_, mutex_);

  // A thread that steps while there is work. `stop` waits for the step at hand, which is one small commit.
  void start() EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);
  void wake() EXCLUDES(mutex_);

 private:
  void run();
  Result<Step> next_step();
  Status load_as_own() EXCLUDES(save_mutex_, mutex_);
  Result<bool> is_own_task() EXCLUDES(save_mutex_, mutex_);
  bool has_lease() const { return lease_ == nullptr || lease_->fence(clock_) == fence_; }
  Result<Step> follow() EXCLUDES(save_mutex_, mutex_);
  Result<Step> tidy_up() EXCLUDES(save_mutex_, mutex_);
  bool may_begin_parameters() EXCLUDES(mutex_);
  void note_end(IndexJob::State state) EXCLUDES(mutex_);
  Status begin_parameters() EXCLUDES(save_mutex_);
  Status begin_pass(IndexJob& job);
  Status begin_job(IndexJob job);
  Result<Step> index_page(IndexJob job);
  Status add_containers(IndexJob& job);
  Result<std::uint64_t> total_of(std::span<const fhir::TypeId> types);
  Status check_count(IndexJob& job);
  Status end_pass(IndexJob& job);
  Status index_entries(const store::SearchPage& page, store::Scratch& scratch, IndexJob& job, store::WriteSet& set);
  Status save(const IndexJob& job) EXCLUDES(save_mutex_, mutex_);
  Status save_locked(const IndexJob& job, const std::optional<store::ExpectedProperty>& fence,
                     const CustomParameters::Commit& commit) REQUIRES(save_mutex_) EXCLUDES(mutex_);
  Result<bool> refresh(bool is_own) REQUIRES(save_mutex_) EXCLUDES(mutex_);
  std::optional<IndexJob> current() EXCLUDES(mutex_);
  std::vector<IndexJob> jobs_with(const IndexJob& job) EXCLUDES(mutex_);
  void put(const IndexJob& job) EXCLUDES(mutex_);

  const search::Registry& registry_;
  store::Store& store_;
  CustomParameters& parameters_;
  Clock& clock_;
  UuidGenerator uuids_;
  const jobs::Lease* const lease_;

  Mutex step_mutex_;  // one step at a time
  // Of the steps:
  std::optional<store::ExpectedProperty> fence_;  // of the lease by which this node does the jobs
  std::vector<ActiveParameter> indexing_;         // by the job that runs, if it is of kind parameters
  bool must_forget_ = true;
  std::uint64_t forgotten_generation_ = 0;
  std::uint32_t page_size_ = kIndexPageSize;  // smaller while others keep changing what is in a page
  int warnings_ = 0;
  std::chrono::seconds retry_wait_ = kMinIndexRetryWait;
  std::chrono::steady_clock::time_point restated_ = {};

  Mutex save_mutex_;  // after step_mutex_: the property is committed, and jobs_ follows, by one at a time
  std::optional<std::string> stored_ GUARDED_BY(save_mutex_);  // the property, as jobs_ has it

  Mutex mutex_;
  CondVar wake_;
  std::vector<IndexJob> jobs_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point retry_at_ GUARDED_BY(mutex_);  // of parameters, after a failure
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool is_woken_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vesta::ops
