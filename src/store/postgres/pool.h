// Pool: a bounded number of connections, lent out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

inline constexpr std::size_t kDefaultConnections = 16;
inline constexpr std::chrono::milliseconds kMaxPoolWait{10'000};  // for a connection, or current_deadline(); then busy

extern const char* const kOfReads;  // settings of connections that read

// Thread-safe.
class Pool {
 public:
  Pool(std::string url, std::size_t connections, std::chrono::milliseconds wait = kMaxPoolWait)
      : url_(std::move(url)), limit_(connections), wait_(wait) {}

  // Calls `work` with a connection, and once more with a new one if the first was lost: so `work` only reads. A
  // transaction that it leaves open is rolled back. What it reads is of now: an ArrivalScope says nothing any more.
  // Errors: busy, unavailable; those of `work`.
  template <class T>
  Result<T> read(const std::function<Result<T>(Connection&)>& work) EXCLUDES(mutex_) {
    take_arrival();
    for (bool is_last = false;; is_last = true) {
      VESTA_TRY(Lease lease, take());
      Result<T> result = work(*lease);
      if (result.ok() || is_last || lease->is_usable()) return result;
      forget_idle();  // they were lost with it, most likely
    }
  }
  const std::string& url() const { return url_; }

 private:
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->give_back(std::move(connection_));
    }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  Result<Lease> take() EXCLUDES(mutex_);
  void give_back(std::unique_ptr<Connection> connection) EXCLUDES(mutex_);
  void forget_idle() EXCLUDES(mutex_);

  const std::string url_;
  const std::size_t limit_;
  const std::chrono::milliseconds wait_;
  Mutex mutex_;
  CondVar returned_;
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
  std::size_t count_ GUARDED_BY(mutex_) = 0;  // idle ones, and those that are lent out
};

}  // namespace vesta::store::postgres
