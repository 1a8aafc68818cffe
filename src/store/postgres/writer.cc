// Writer: the queue, the thread's loop, and what happens when a transaction fails.
#include "store/postgres/writer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/deadline.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"

namespace vesta::store::postgres {

using SteadyClock = std::chrono::steady_clock;

struct Writer::Job : CommitJob {
  explicit Job(const PreparedSet& given) : CommitJob(given.rows.size(), given.bytes), set(given) {}
  const PreparedSet& set;
};

namespace {

// No table is read as a whole under the lock of `head`, whatever statistics say, or lack.
constexpr const char* kOfWrites = "SET enable_seqscan = off;";

// On Citus a key may be there twice as soon as a commit is ended that the group could not see yet. Of an error of a
// worker to a COPY, as which rows are inserted there, Citus tells no more than that.
bool has_met_a_commit(const std::string& state) {
  return state == "23505" || state == "XX000";
}

// A node that ended without saying so leaves its row.
constexpr const char* kForgetNodes = "DELETE FROM node WHERE seen < now() - interval '1 day'";
constexpr const char* kLockToResolve = "SELECT 1 FROM head FOR UPDATE";
constexpr const char* kLastGroup = "SELECT last_group FROM node WHERE id = $1";
constexpr const char* kForgetNode = "DELETE FROM node WHERE id = $1";

}  // namespace

Writer::Writer(std::string url, Catalog& catalog, NewestWatch& newest, Clock& clock, Metrics* metrics, std::string node)
    : url_(std::move(url)),
      catalog_(catalog),
      newest_(newest),
      clock_(clock),
      node_(std::move(node)),
      queue_(metrics) {}

Writer::~Writer() {
  stop();
}

Status Writer::start() {
  VESTA_CHECK_OK(reconnect());
  VESTA_CHECK_OK(connection_->run(kForgetNodes));
  thread_ = std::thread([this] {
    set_thread_name("vesta-writer");
    run();
  });
  return kOk;
}

Status Writer::reconnect() {
  if (connection_ != nullptr && connection_->is_usable()) {
    if (connection_->is_idle() || connection_->roll_back().ok()) return kOk;
  }
  connection_.reset();
  VESTA_TRY(connection_,
            Connection::open(url_, catalog_.is_distributed() ? std::string(kOfWrites) + kWriteOneByOne : kOfWrites));
  return connection_->limit_idle_transactions(kMaxIdleTransaction);
}

Result<std::vector<Written>> Writer::commit(const WriteSet& writes) {
  take_arrival();  // what is read behind it is read as of then
  VESTA_TRY(const PreparedSet set, prepare(catalog_, writes));
  Job job(set);
  return queue_.commit(job);
}

void Writer::stop() {
  queue_.stop();
  if (thread_.joinable()) thread_.join();
  if (connection_ == nullptr) return;
  const DeadlineScope scope(SteadyClock::now() + kProbeWait);
  Parameters node;
  node.bytes(node_);
  const Result<Rows> forgotten = connection_->run(kForgetNode, node);
  if (!forgotten.ok()) log::warning("this node's row was not taken away", {{"reason", forgotten.error().message}});
  connection_.reset();
}

void Writer::run() {
  std::vector<CommitJob*> group;
  while (queue_.next(group)) {
    if (group.empty())
      probe();
    else
      commit_group(group);
  }
}

Status Writer::try_once(const std::vector<const PreparedSet*>& sets, Results& results, Newest& newest) {
  VESTA_CHECK_OK(reconnect());
  results.clear();
  Group group(*connection_, catalog_);
  VESTA_CHECK_OK(group.begin(sets, clock_.now()));
  for (const PreparedSet* set : sets) {
    Result<std::vector<Written>> written = group.apply(*set);
    if (!written.ok() && written.error().category != Category::conflict) return written.take_error();
    results.push_back(std::move(written));
  }
  is_committing_ = true;
  Status committed = group.commit(node_, group_number_);
  is_committing_ = !committed.ok() && !connection_->is_usable();
  newest = group.newest();
  return committed;
}

// Again, if the transaction may succeed then: nothing of it is there.
Status Writer::commit_sets(const std::vector<const PreparedSet*>& sets, Results& results) {
  for (int attempt = 1;; ++attempt) {
    ++group_number_;
    is_committing_ = false;
    Newest newest;
    Status tried = try_once(sets, results, newest);
    if (!tried.ok() && is_committing_) {
      VESTA_TRY(const bool is_committed, resolve(group_number_));
      if (is_committed) tried = kOk;
    }
    if (tried.ok()) {
      newest_.raise(newest);
      return kOk;
    }
    const bool may_retry = connection_ == nullptr || !connection_->is_usable() || connection_->may_retry() ||
                           (catalog_.is_distributed() && has_met_a_commit(connection_->state()));
    if (!may_retry || attempt == kMaxAttempts || is_deadline_over()) return tried;
  }
}

// Behind the lock of `head` the lost transaction is over, one way or the other.
Result<bool> Writer::resolve(std::int64_t number) {
  const auto deadline = std::max(deadline_within(kMaxResolveWait), SteadyClock::now() + kMinResolveWait);
  const DeadlineScope scope(deadline);
  Parameters node;
  node.bytes(node_);
  for (;;) {
    Status connected = reconnect();
    if (connected.ok()) {
      connection_->send("BEGIN");
      connection_->send(kLockToResolve);
      connection_->send(kLastGroup, node);
      connection_->send("COMMIT");
      const Result<std::vector<Rows>> rows = connection_->sync();
      if (rows.ok()) return (*rows)[2].size() == 1 && (*rows)[2].integer(0, 0) == number;
      connected = rows.error();
    }
    if (SteadyClock::now() >= deadline) {
      return make_error(
          Category::unavailable,
          "the database was lost at the end of a commit, which may be there or not: " + connected.error().message);
    }
    queue_.pause(std::min(deadline, SteadyClock::now() + kProbeInterval));
  }
}

// Until the time of the first of them is over: then they go on without it.
void Writer::commit_group(std::vector<CommitJob*>& group) {
  for (queue_.drop_late(group); !group.empty(); queue_.drop_late(group)) {
    const auto first = std::ranges::min_element(group, {}, &CommitJob::deadline);
    const DeadlineScope scope((*first)->deadline());
    Results results;
    const Status committed = commit_jobs(group, results);
    if (!committed.ok() && committed.error().category == Category::busy && is_deadline_over()) continue;
    const bool is_lost = !committed.ok() && committed.error().category == Category::unavailable;
    queue_.set_failure(is_lost ? std::optional(committed.error().message) : std::nullopt);
    queue_.answer(group, std::move(results));
    return;
  }
}

Status Writer::commit_jobs(const std::vector<CommitJob*>& jobs, Results& results) {
  std::vector<const PreparedSet*> sets;
  for (const CommitJob* job : jobs) sets.push_back(&static_cast<const Job*>(job)->set);
  Status committed = commit_sets(sets, results);
  if (committed.ok()) return committed;
  queue_.count_rollback();
  results.clear();
  const bool is_late = committed.error().category == Category::busy && is_deadline_over();
  const bool is_own_fault = !is_late && committed.error().category != Category::unavailable && sets.size() > 1;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    // What one of them cannot do must not spoil the others.
    const DeadlineScope scope(jobs[i]->deadline());
    Results one;
    Status alone = is_own_fault ? commit_sets({sets[i]}, one) : Status(committed.error());
    if (alone.ok())
      results.push_back(std::move(one.front()));
    else
      results.emplace_back(alone.take_error());
  }
  return committed;
}

// A transaction of nothing.
void Writer::probe() {
  const DeadlineScope scope(SteadyClock::now() + kProbeWait);
  Results results;
  const Status written = commit_sets({}, results);
  queue_.set_failure(written.ok() ? std::nullopt : std::optional(written.error().message));
}

}  // namespace vesta::store::postgres
