// NewestWatch: what the newest commits are, of this node and of others, in memory.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/group.h"
#include "store/postgres/standstill.h"

namespace vesta::store::postgres {

// While the connection that is notified stands, others' commits are seen within a round trip. It is asked about itself
// this often, and while it is lost it is made anew this often.
inline constexpr std::chrono::milliseconds kWatchInterval{1'000};
inline constexpr std::chrono::milliseconds kWatchAnswerWait{3'000};  // then the database is held to be lost

// Thread-safe.
class NewestWatch {
 public:
  NewestWatch(std::string url, const Catalog& catalog);
  ~NewestWatch();

  // Reads the present state and begins to listen.
  Status start();
  // Of a commit of this node, before it is answered. Nothing goes backwards.
  void raise(const Newest& newest);

  std::uint64_t seq() const { return seq_.load(std::memory_order_acquire); }
  std::uint64_t seq(fhir::TypeId type) const { return types_[type].load(std::memory_order_acquire); }
  std::uint64_t audit() const { return audit_.load(std::memory_order_acquire); }
  // The database does not answer.
  bool is_lost() const { return is_lost_; }

  // In the transaction of a commit: tells those who listen in the same schema, once it is committed.
  static constexpr const char* kNotify = "SELECT pg_notify('vesta_' || current_schema(), $1)";
  // "seq audit type=seq …", by the database's numbers of the types.
  static std::string payload_of(const Newest& newest, const Catalog& catalog);

 private:
  Result<std::unique_ptr<Connection>> connect();
  Status load(Connection& connection);
  Status listen(Connection& connection);
  void run(std::unique_ptr<Connection> connection);
  void parse(std::string_view payload);

  const std::string url_;
  const Catalog& catalog_;
  Standstill standstill_;  // of the thread
  bool looks_ = false;     // at every other silent second
  std::atomic<std::uint64_t> seq_{0};
  std::atomic<std::uint64_t> audit_{0};
  std::vector<std::atomic<std::uint64_t>> types_;  // by TypeId
  int wake_ = -1;                                  // an eventfd: readable once it is to stop
  std::atomic<bool> is_lost_{false};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace vesta::store::postgres
