// Statements of the audit log.
#include "store/sqlite/audit_log.h"

#include <string>

namespace vesta::store::sqlite {
namespace {

constexpr Sql kLast{"SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"};
constexpr Sql kAppend{"INSERT INTO audit(number, record, hash) VALUES(?1, ?2, ?3)"};
constexpr Sql kPage{"SELECT number, record, hash FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2"};

}  // namespace

Result<AuditEntry> last_audit_entry(Connection& connection) {
  AuditEntry last;
  Cursor cursor(connection, kLast);
  if (cursor.step()) last = {static_cast<std::uint64_t>(cursor.integer_at(0)), {}, std::string(cursor.bytes_at(1))};
  VESTA_CHECK_OK(cursor.status());
  return last;
}

Status append_audit_entry(Connection& connection, std::uint64_t number, std::string_view record,
                          std::string_view hash) {
  Cursor cursor(connection, kAppend);
  return cursor.integer(1, static_cast<std::int64_t>(number)).blob(2, record).blob(3, hash).run();
}

Result<std::vector<AuditEntry>> audit_entries(Connection& connection, std::uint64_t after, std::uint32_t count) {
  std::vector<AuditEntry> entries;
  std::size_t bytes = 0;
  Cursor cursor(connection, kPage);
  cursor.integer(1, static_cast<std::int64_t>(after)).integer(2, count);
  while (bytes < kMaxPageBytes && cursor.step()) {
    entries.push_back({static_cast<std::uint64_t>(cursor.integer_at(0)), std::string(cursor.bytes_at(1)),
                       std::string(cursor.bytes_at(2))});
    bytes += entries.back().record.size();
  }
  VESTA_CHECK_OK(cursor.status());
  return entries;
}

}  // namespace vesta::store::sqlite
