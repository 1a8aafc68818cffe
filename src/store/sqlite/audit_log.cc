// Statements of the audit log.
#include "store/sqlite/audit_log.h"

#include <sqlite3.h>

#include <cstddef>
#include <string>

namespace vesta::store::sqlite {
namespace {

constexpr Sql kLast{"SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"};
// OPTIMIZATION: SQLite gives each row the number that follows, at the end of the table, which it need not look for.
constexpr Sql kAppend{"INSERT INTO audit(record, hash) VALUES(?, ?)"};
constexpr Sql kAppendEight{
    "INSERT INTO audit(record, hash) VALUES(?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)"};
constexpr std::size_t kEight = 8;
constexpr Sql kPage{"SELECT number, record, hash FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2"};

}  // namespace

Result<AuditEntry> last_audit_entry(Connection& connection) {
  AuditEntry last;
  Cursor cursor(connection, kLast);
  if (cursor.step()) last = {static_cast<std::uint64_t>(cursor.integer_at(0)), {}, std::string(cursor.bytes_at(1))};
  VESTA_CHECK_OK(cursor.status());
  return last;
}

// OPTIMIZATION: a record for each read is written, and a statement for each costs more than its row.
Status append_audit_entries(Connection& connection, std::span<const NewAuditEntry> entries) {
  while (!entries.empty()) {
    const std::size_t count = entries.size() < kEight ? 1 : kEight;
    Cursor cursor(connection, count == 1 ? kAppend : kAppendEight);
    int at = 0;
    for (const NewAuditEntry& entry : entries.first(count)) {
      cursor.blob(at + 1, entry.record).blob(at + 2, entry.hash);
      at += 2;
    }
    VESTA_CHECK_OK(cursor.run());
    if (sqlite3_last_insert_rowid(connection.handle()) != static_cast<std::int64_t>(entries[count - 1].number)) {
      return make_error(Category::unavailable, "the audit log is damaged: a record has another number than it should");
    }
    entries = entries.subspan(count);
  }
  return kOk;
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
