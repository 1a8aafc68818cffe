// By what the server tells of its sessions.
#include "store/postgres/standstill.h"

#include <utility>

#include "base/log.h"
#include "store/postgres/parameters.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kLook =
    "SELECT who, who = ANY($2) AND pg_terminate_backend(pid) FROM"
    " (SELECT a.pid, concat_ws(' ', a.pid, a.backend_start, a.state_change) AS who FROM pg_locks l"
    " JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.relation = 'head'::regclass AND l.mode = 'RowShareLock'"
    " AND a.datname = current_database() AND a.usename = session_user"
    " AND a.wait_event IN ('ClientRead', 'ClientWrite')"
    " AND a.state_change < clock_timestamp() - $1 * interval '1 millisecond') stands";

}  // namespace

Status Standstill::look(Connection& connection) {
  sql::Array seen(sql::Type::text);
  for (const std::string& who : seen_) seen.borrow(who);
  Parameters parameters;
  parameters.bigint(kStandstill.count());
  parameters.array(std::move(seen));
  VESTA_TRY(const Rows rows, connection.run(kLook, parameters));
  std::vector<std::string> now;
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.boolean(row, 1)) {
      log::warning("a session that stood still behind the lock of all commits was ended",
                   {{"session", rows.bytes(row, 0)}});
    } else {
      now.emplace_back(rows.bytes(row, 0));
    }
  }
  seen_ = std::move(now);
  return kOk;
}

}  // namespace vesta::store::postgres
