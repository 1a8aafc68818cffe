// Standstill: ends sessions that hold the lock of all commits and do not go on.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace vesta::store::postgres {

// A node that is stopped between two statements is ended by the server (kMaxIdleTransaction). One that is stopped while
// it sends what belongs together is not: the server has a part, waits for the rest, and calls that no idle transaction.
// Ended is a session of the same role that has `head` locked, waits for its client, and has begun nothing for
// kStandstill, if it was just so at the look before. https://www.postgresql.org/docs/15/monitoring-stats.html
inline constexpr std::chrono::milliseconds kStandstill{3'000};

// Not thread-safe.
class Standstill {
 public:
  // To be called again and again, while nobody commits.
  Status look(Connection& connection);

 private:
  std::vector<std::string> seen_;  // at the last look: which sessions, and since when
};

}  // namespace vesta::store::postgres
