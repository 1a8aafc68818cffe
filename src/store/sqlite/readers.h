// Readers: a pool of connections that read, one per thread in use at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "store/sqlite/connection.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kMaxReaders = 64;
inline constexpr std::chrono::milliseconds kMaxReaderWait{5'000};  // then busy

// Thread-safe. Connections are opened when they are needed and kept.
class Readers {
 public:
  // `max_wait`: how long a thread waits for a connection when kMaxReaders are in use; then busy.
  Readers(std::string path, std::string vfs, std::chrono::milliseconds max_wait = kMaxReaderWait)
      : path_(std::move(path)), vfs_(std::move(vfs)), max_wait_(max_wait) {}

  // A connection of the caller's own, in one read transaction: every statement sees the same state. Ends with the
  // lease.
  class Lease {
   public:
    Lease(Readers& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    ~Lease();
    Connection& operator*() { return *connection_; }

   private:
    Readers* pool_;
    std::unique_ptr<Connection> connection_;
  };
  enum class Transaction { none, snapshot };  // none: for a single statement
  Result<Lease> take(Transaction transaction) EXCLUDES(mutex_);

 private:
  void give_back(std::unique_ptr<Connection> connection) EXCLUDES(mutex_);
  Result<std::unique_ptr<Connection>> acquire() EXCLUDES(mutex_);

  const std::string path_;
  const std::string vfs_;
  const std::chrono::milliseconds max_wait_;
  Mutex mutex_;
  CondVar returned_;
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
  std::size_t open_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::store::sqlite
