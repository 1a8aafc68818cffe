// Readers: leases of read connections.
#include "store/sqlite/readers.h"

namespace vesta::store::sqlite {
namespace {
constexpr Sql kBegin{"BEGIN"};
constexpr Sql kCommit{"COMMIT"};
}  // namespace

Readers::Lease::~Lease() {
  if (connection_ == nullptr) return;
  if (connection_->in_transaction()) {
    Cursor commit(*connection_, kCommit);
    commit.step();
  }
  connection_->rollback();
  pool_->give_back(std::move(connection_));
}

Result<std::unique_ptr<Connection>> Readers::acquire() {
  const auto deadline = std::chrono::steady_clock::now() + max_wait_;
  {
    const MutexLock lock(mutex_);
    while (idle_.empty() && open_ >= kMaxReaders) {
      if (!returned_.wait_until(mutex_, deadline)) return make_error(Category::busy, "too many reads at the same time");
    }
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());  // the last used one has the warmest cache
      idle_.pop_back();
      return connection;
    }
    ++open_;
  }
  auto opened = Connection::open(path_, vfs_, Connection::Role::reader);
  if (!opened.ok()) {
    const MutexLock lock(mutex_);
    --open_;
    returned_.notify_one();
  }
  return opened;
}

Result<Readers::Lease> Readers::take(Transaction transaction) {
  VESTA_TRY(std::unique_ptr<Connection> connection, acquire());
  Lease lease(*this, std::move(connection));
  if (transaction == Transaction::snapshot) {
    Cursor begin(*lease, kBegin);
    VESTA_CHECK_OK(begin.run());
  }
  return lease;
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(connection));
  returned_.notify_one();
}

}  // namespace vesta::store::sqlite
