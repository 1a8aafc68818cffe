// Reads of versions: the current one, older ones, histories, and the change feed; the audit log, properties and counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/postgres/catalog.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace vesta::store::postgres {

// What `version_at` reads, of a row of history named h.
#define VESTA_HISTORY_COLUMNS "h.type, h.id, h.version, h.last_updated, h.seq, h.deleted, h.tail"
inline constexpr int kHistoryColumns = 7;
// Where the tables are distributed the key of type $1 and id $2 is looked up first; then one shard is asked for it.
inline constexpr const char* kKeyOf = "SELECT key FROM place WHERE type = $1 AND id = $2";
inline constexpr const char* kCurrentOfKey =
    "SELECT " VESTA_HISTORY_COLUMNS
    " FROM resource r JOIN history h ON h.key = r.key AND h.seq = r.seq WHERE r.type = $1 AND r.id = $2 AND r.key = $3";
Version version_at(const Catalog& catalog, const Rows& rows, int row, int column = 0);

Result<std::optional<Version>> read_current(Connection& connection, const Catalog& catalog, fhir::TypeId type,
                                            std::string_view id);
Result<std::optional<Version>> read_old(Connection& connection, const Catalog& catalog, fhir::TypeId type,
                                        std::string_view id, VersionId version);
Result<HistoryPage> read_history(Connection& connection, const Catalog& catalog, const HistoryQuery& query);
Result<std::vector<Version>> read_changes(Connection& connection, const Catalog& catalog, CommitSeq after,
                                          std::uint32_t count);
Result<std::vector<AuditEntry>> read_audit(Connection& connection, std::uint64_t after, std::uint32_t count);
Result<std::optional<std::string>> read_property(Connection& connection, std::string_view key);
Result<Statistics> read_statistics(Connection& connection);

}  // namespace vesta::store::postgres
