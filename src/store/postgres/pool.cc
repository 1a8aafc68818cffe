// Pool: waiting, opening and returning.
#include "store/postgres/pool.h"

#include "base/deadline.h"

namespace vesta::store::postgres {

// Statements that are read by have their plans made once for all values: planning takes longer than most of them. Citus
// plans by the values alone; there one connection to each worker asks its shards in turn, and others come only to what
// takes long: to make one takes longer than most statements. No table is read as a whole where an index leads to what
// is asked, whatever statistics say, or lack.
const char* const kOfReads =
    "SET enable_seqscan = off;"
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')"
    "  THEN set_config('citus.executor_slow_start_interval', '100ms', false)"
    "  ELSE set_config('plan_cache_mode', 'force_generic_plan', false) END";

Result<Pool::Lease> Pool::take() {
  const auto deadline = deadline_within(wait_);
  {
    const MutexLock lock(mutex_);
    while (idle_.empty() && count_ >= limit_) {
      if (!returned_.wait_until(mutex_, deadline) && idle_.empty() && count_ >= limit_) {
        return make_error(Category::busy, "all connections to PostgreSQL are in use");
      }
    }
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(connection));
    }
    ++count_;
  }
  Result<std::unique_ptr<Connection>> opened = Connection::open(url_, kOfReads);
  if (opened.ok()) return Lease(*this, std::move(*opened));
  const MutexLock lock(mutex_);
  --count_;
  returned_.notify_one();
  return opened.take_error();
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  bool is_usable = connection->is_usable();
  if (is_usable && !connection->is_idle()) is_usable = connection->roll_back().ok();
  if (!is_usable) connection.reset();
  const MutexLock lock(mutex_);
  if (connection != nullptr)
    idle_.push_back(std::move(connection));
  else
    --count_;
  returned_.notify_one();
}

void Pool::forget_idle() {
  std::vector<std::unique_ptr<Connection>> lost;
  const MutexLock lock(mutex_);
  count_ -= idle_.size();
  lost.swap(idle_);
  returned_.notify_all();
}

}  // namespace vesta::store::postgres
