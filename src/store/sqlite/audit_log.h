// The table of the audit log: appended to by the writer, paged by readers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace vesta::store::sqlite {

// The last entry, without its record; number 0: there is none.
Result<AuditEntry> last_audit_entry(Connection& connection);
struct NewAuditEntry {
  std::uint64_t number = 0;
  std::string_view record;
  std::string hash;
};
Status append_audit_entries(Connection& connection, std::span<const NewAuditEntry> entries);
// See Store::audit.
Result<std::vector<AuditEntry>> audit_entries(Connection& connection, std::uint64_t after, std::uint32_t count);

}  // namespace vesta::store::sqlite
