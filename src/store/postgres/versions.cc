// Reads of versions. Where a page may end by its bytes, SQL sums the sizes before it reads any text.
#include "store/postgres/versions.h"

#include <algorithm>

#include "store/postgres/distribution.h"

namespace vesta::store::postgres {
namespace {

constexpr const char* kCurrent =
    "SELECT " VESTA_HISTORY_COLUMNS
    " FROM resource r JOIN history h ON h.key = r.key AND h.seq = r.seq WHERE r.type = $1 AND r.id = $2";
constexpr const char* kOld =
    "SELECT " VESTA_HISTORY_COLUMNS
    " FROM resource r JOIN history h ON h.key = r.key WHERE r.type = $1 AND r.id = $2 AND h.version = $3";
constexpr const char* kOldOfKey = "SELECT " VESTA_HISTORY_COLUMNS
                                  " FROM resource r JOIN history h ON h.key = r.key WHERE r.type = $1 AND r.id = $2 "
                                  "AND h.version = $3 AND r.key = $4";
// As far as the bytes of those before are fewer than $3.
constexpr const char* kChanges =
    "SELECT " VESTA_HISTORY_COLUMNS
    " FROM (SELECT seq, sum(octet_length(tail)) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    "   AS before FROM (SELECT seq, tail FROM history WHERE seq > $1 ORDER BY seq LIMIT $2) found) page"
    " JOIN history h ON h.seq = page.seq WHERE before IS NULL OR before < $3 ORDER BY h.seq";
constexpr const char* kReadAudit =
    "SELECT number, record, hash FROM"
    " (SELECT *, sum(octet_length(record)) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    "   AS before FROM (SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2) found) page"
    " WHERE before IS NULL OR before < $3 ORDER BY number";
constexpr const char* kProperty = "SELECT value FROM property WHERE key = $1";
constexpr const char* kStatistics =
    "SELECT (SELECT coalesce(sum(resources), 0)::bigint FROM type_count),"
    " (SELECT coalesce(sum(versions), 0)::bigint FROM type_count), seq, index_epoch,"
    " pg_database_size(current_database()) FROM head";

// What a history is of, but for `before`.
std::string history_condition(const Catalog& catalog, const HistoryQuery& query, Parameters& parameters) {
  std::string sql = "true";
  if (query.type) sql += " AND h.type = " + std::to_string(catalog.number_of_type(*query.type));
  if (query.id) {
    sql += " AND h.key = (SELECT key FROM resource WHERE id = " + parameters.text(*query.id) +
           (query.type ? " AND type = " + std::to_string(catalog.number_of_type(*query.type)) : std::string()) + ")";
  }
  if (query.since) sql += " AND h.last_updated >= " + parameters.bigint(query.since->value);
  if (query.at_most) sql += " AND h.last_updated < " + parameters.bigint(query.at_most->value);
  return sql;
}

Result<std::uint64_t> count_history(Connection& connection, const Catalog& catalog, const HistoryQuery& query) {
  Parameters parameters;
  const std::string condition = history_condition(catalog, query, parameters);
  VESTA_TRY(const Rows rows, connection.run("SELECT count(*) FROM history h WHERE " + condition, parameters));
  return static_cast<std::uint64_t>(rows.integer(0, 0));
}

Result<std::optional<std::int64_t>> key_of(Connection& connection, const Parameters& name) {
  VESTA_TRY(const Rows rows, connection.run(kKeyOf, name));
  if (rows.size() == 0) return std::optional<std::int64_t>();
  return std::optional(rows.integer(0, 0));
}

}  // namespace

Version version_at(const Catalog& catalog, const Rows& rows, int row, int column) {
  Version version;
  version.type = catalog.type_of(rows.integer(row, column));
  version.id = rows.bytes(row, column + 1);
  version.version = {static_cast<std::uint64_t>(rows.integer(row, column + 2))};
  version.last_updated = {rows.integer(row, column + 3)};
  version.seq = {static_cast<std::uint64_t>(rows.integer(row, column + 4))};
  version.deleted = rows.boolean(row, column + 5);
  version.tail = rows.bytes(row, column + 6);
  return version;
}

Result<std::optional<Version>> read_current(Connection& connection, const Catalog& catalog, fhir::TypeId type,
                                            std::string_view id) {
  Parameters parameters;
  parameters.integer(catalog.number_of_type(type));
  parameters.text(id);
  if (catalog.is_distributed()) {
    VESTA_TRY(const std::optional<std::int64_t> key, key_of(connection, parameters));
    if (!key) return std::optional<Version>();
    parameters.bigint(*key);
  }
  VESTA_TRY(const Rows rows, connection.run(catalog.is_distributed() ? kCurrentOfKey : kCurrent, parameters));
  if (rows.size() == 0) return std::optional<Version>();
  return std::optional(version_at(catalog, rows, 0));
}

Result<std::optional<Version>> read_old(Connection& connection, const Catalog& catalog, fhir::TypeId type,
                                        std::string_view id, VersionId version) {
  Parameters parameters;
  parameters.integer(catalog.number_of_type(type));
  parameters.text(id);
  std::optional<std::int64_t> key;
  if (catalog.is_distributed()) {
    VESTA_TRY(key, key_of(connection, parameters));
    if (!key) return std::optional<Version>();
  }
  parameters.bigint(static_cast<std::int64_t>(version.value));
  if (key) parameters.bigint(*key);
  VESTA_TRY(const Rows rows, connection.run(key ? kOldOfKey : kOld, parameters));
  if (rows.size() == 0) return std::optional<Version>();
  return std::optional(version_at(catalog, rows, 0));
}

Result<HistoryPage> read_history(Connection& connection, const Catalog& catalog, const HistoryQuery& query) {
  const bool is_counted = query.before.value == 0;
  // Of one statement of several shards, too.
  if (is_counted || catalog.is_distributed()) VESTA_CHECK_OK(begin_reading(connection, catalog.is_distributed()));
  Parameters parameters;
  std::string condition = history_condition(catalog, query, parameters);
  if (!is_counted) condition += " AND h.seq < " + parameters.bigint(static_cast<std::int64_t>(query.before.value));
  const std::string most = parameters.bigint(std::int64_t{query.count} + 1);
  const std::string bytes = parameters.bigint(kMaxPageBytes);
  const std::string sql = "SELECT " VESTA_HISTORY_COLUMNS
                          ", found FROM (SELECT seq, count(*) OVER () AS found, sum(octet_length(tail)) OVER"
                          " (ORDER BY seq DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before"
                          " FROM (SELECT h.seq, h.tail FROM history h WHERE " +
                          condition + " ORDER BY h.seq DESC LIMIT " + most +
                          ") found) page JOIN history h ON h.seq = page.seq WHERE before IS NULL OR before < " + bytes +
                          " ORDER BY h.seq DESC";
  VESTA_TRY(const Rows rows, connection.run(sql, parameters));
  HistoryPage page;
  const int kept = std::min(rows.size(), static_cast<int>(query.count));
  for (int row = 0; row < kept; ++row) page.entries.push_back(version_at(catalog, rows, row));
  page.more = rows.size() > 0 && rows.integer(0, kHistoryColumns) > kept;
  if (is_counted) {
    VESTA_TRY(page.total, count_history(connection, catalog, query));
  }
  if (is_counted || catalog.is_distributed()) connection.finish();
  return page;
}

Result<std::vector<Version>> read_changes(Connection& connection, const Catalog& catalog, CommitSeq after,
                                          std::uint32_t count) {
  Parameters parameters;
  parameters.bigint(static_cast<std::int64_t>(after.value));
  parameters.bigint(count);
  parameters.bigint(kMaxPageBytes);
  if (catalog.is_distributed()) connection.send(kAwaitFeed);
  VESTA_TRY(const Rows rows, connection.run(kChanges, parameters));
  std::vector<Version> versions;
  for (int row = 0; row < rows.size(); ++row) versions.push_back(version_at(catalog, rows, row));
  return versions;
}

Result<std::vector<AuditEntry>> read_audit(Connection& connection, std::uint64_t after, std::uint32_t count) {
  Parameters parameters;
  parameters.bigint(static_cast<std::int64_t>(after));
  parameters.bigint(count);
  parameters.bigint(kMaxPageBytes);
  VESTA_TRY(const Rows rows, connection.run(kReadAudit, parameters));
  std::vector<AuditEntry> entries;
  for (int row = 0; row < rows.size(); ++row) {
    entries.push_back({static_cast<std::uint64_t>(rows.integer(row, 0)), std::string(rows.bytes(row, 1)),
                       std::string(rows.bytes(row, 2))});
  }
  return entries;
}

Result<std::optional<std::string>> read_property(Connection& connection, std::string_view key) {
  Parameters parameters;
  parameters.bytes(key);
  VESTA_TRY(const Rows rows, connection.run(kProperty, parameters));
  if (rows.size() == 0) return std::optional<std::string>();
  return std::optional(std::string(rows.bytes(0, 0)));
}

Result<Statistics> read_statistics(Connection& connection) {
  VESTA_TRY(const Rows rows, connection.run(kStatistics));
  if (rows.size() != 1) return make_error(Category::unavailable, "the database has lost its head");
  Statistics statistics;
  statistics.resources = static_cast<std::uint64_t>(rows.integer(0, 0));
  statistics.versions = static_cast<std::uint64_t>(rows.integer(0, 1));
  statistics.last_seq = {static_cast<std::uint64_t>(rows.integer(0, 2))};
  statistics.index_epoch = static_cast<std::uint64_t>(rows.integer(0, 3));
  statistics.bytes = static_cast<std::uint64_t>(rows.integer(0, 4));
  return statistics;
}

}  // namespace vesta::store::postgres
