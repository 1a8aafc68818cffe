// Versions: statements over the current rows and the history, which together hold every version once.
#include "store/sqlite/versions.h"

#include <algorithm>

#include "store/sqlite/leaves.h"
#include "store/sqlite/resource_rows.h"

namespace vesta::store::sqlite {
namespace {

#define VESTA_FROM_CURRENT "SELECT " VESTA_VERSION_COLUMNS("r") " FROM resource r "
#define VESTA_FROM_HISTORY "SELECT " VESTA_VERSION_COLUMNS("h") " FROM history h "
#define VESTA_JOIN_RESOURCE " CROSS JOIN resource r ON r.key = h.key "
#define VESTA_MERGED(CURRENT, HISTORY, ORDER) \
  VESTA_FROM_CURRENT CURRENT " UNION ALL " VESTA_FROM_HISTORY HISTORY " ORDER BY 5 " ORDER " LIMIT ?4"

// A deleted resource's row carries the number and time of its deletion; a place holder is no version.
constexpr Sql kRead{VESTA_FROM_CURRENT "WHERE r.type = ?1 AND r.id = ?2 AND r.state > 0"};
constexpr Sql kReadVersion{VESTA_FROM_HISTORY VESTA_JOIN_RESOURCE "WHERE h.key = ?1 AND h.version = ?2"};

constexpr Sql kAllUp{VESTA_MERGED("INDEXED BY resource_seq WHERE r.state = 1 AND r.seq >= ?2 AND r.seq < ?3",
                                  VESTA_JOIN_RESOURCE "WHERE h.seq >= ?2 AND h.seq < ?3", "ASC")};
constexpr Sql kAllDown{VESTA_MERGED("INDEXED BY resource_seq WHERE r.state = 1 AND r.seq >= ?2 AND r.seq < ?3",
                                    VESTA_JOIN_RESOURCE "WHERE h.seq >= ?2 AND h.seq < ?3", "DESC")};
constexpr Sql kTypeDown{VESTA_MERGED(
    "INDEXED BY resource_type_seq WHERE r.state = 1 AND r.type = ?1 AND r.seq >= ?2 AND r.seq < ?3",
    "INDEXED BY history_type" VESTA_JOIN_RESOURCE "WHERE h.type = ?1 AND h.seq >= ?2 AND h.seq < ?3", "DESC")};
constexpr Sql kKeyDown{VESTA_MERGED(
    "WHERE r.key = ?1 AND r.state = 1 AND r.seq >= ?2 AND r.seq < ?3",
    "INDEXED BY history_key" VESTA_JOIN_RESOURCE "WHERE h.key = ?1 AND h.seq >= ?2 AND h.seq < ?3", "DESC")};

#define VESTA_COUNTED(CURRENT, HISTORY) \
  "SELECT (SELECT count(*) FROM resource r " CURRENT ") + (SELECT count(*) FROM history h " HISTORY ")"
constexpr Sql kCountAll{VESTA_COUNTED("INDEXED BY resource_seq WHERE r.state = 1 AND r.seq >= ?2 AND r.seq < ?3",
                                      "WHERE h.seq >= ?2 AND h.seq < ?3")};
constexpr Sql kCountType{
    VESTA_COUNTED("INDEXED BY resource_type_seq WHERE r.state = 1 AND r.type = ?1 AND r.seq >= ?2 AND r.seq < ?3",
                  "INDEXED BY history_type WHERE h.type = ?1 AND h.seq >= ?2 AND h.seq < ?3")};
constexpr Sql kCountKey{VESTA_COUNTED("WHERE r.key = ?1 AND r.state = 1 AND r.seq >= ?2 AND r.seq < ?3",
                                      "INDEXED BY history_key WHERE h.key = ?1 AND h.seq >= ?2 AND h.seq < ?3")};

}  // namespace

Result<std::optional<Version>> Versions::read(fhir::TypeId type, std::string_view id) {
  const std::int64_t number = catalog_.find_type(type);
  if (number == 0) return std::optional<Version>();
  const StoredId stored = store_id(id);
  Cursor cursor(connection_, kRead);
  cursor.integer(1, number);
  stored.bind(cursor, 2);
  if (!cursor.step()) {
    VESTA_CHECK_OK(cursor.status());
    return std::optional<Version>();
  }
  VESTA_TRY(Version version, kept_version_at(catalog_, bodies_, cursor));
  return std::optional<Version>(std::move(version));
}

Result<std::optional<Version>> Versions::read_version(fhir::TypeId type, std::string_view id, VersionId version) {
  const std::int64_t number = catalog_.find_type(type);
  if (number == 0) return std::optional<Version>();
  VESTA_TRY(const std::optional<ResourceHead> head, find_resource(connection_, number, store_id(id)));
  if (!head || head->state == State::named) return std::optional<Version>();
  if (head->version == version.value) return read(type, id);
  Cursor cursor(connection_, kReadVersion);
  cursor.integer(1, head->key).integer(2, static_cast<std::int64_t>(version.value));
  if (!cursor.step()) {
    VESTA_CHECK_OK(cursor.status());
    return std::optional<Version>();
  }
  VESTA_TRY(Version found, version_at(catalog_, bodies_, cursor));
  return std::optional<Version>(std::move(found));
}

Status Versions::newest_first(const Stretch& stretch, std::uint32_t count, HistoryPage& page) {
  Cursor cursor(connection_, stretch.key ? kKeyDown : stretch.type ? kTypeDown : kAllDown);
  cursor.integer(1, stretch.key.value_or(stretch.type.value_or(0)));
  cursor.integer(2, stretch.from).integer(3, stretch.to).integer(4, static_cast<std::int64_t>(count) + 1);
  std::size_t bytes = 0;
  while (!page.more && cursor.step()) {
    if (page.entries.size() == count || bytes >= kMaxPageBytes) {
      page.more = true;
    } else {
      VESTA_TRY(Version version, version_at(catalog_, bodies_, cursor));
      bytes += version.tail.size();
      page.entries.push_back(std::move(version));
    }
  }
  return cursor.status();
}

Result<std::uint64_t> Versions::count(const Stretch& stretch) {
  Cursor cursor(connection_, stretch.key ? kCountKey : stretch.type ? kCountType : kCountAll);
  cursor.integer(1, stretch.key.value_or(stretch.type.value_or(0)));
  cursor.integer(2, stretch.from).integer(3, stretch.to);
  const std::int64_t versions = cursor.step() ? cursor.integer_at(0) : 0;
  VESTA_CHECK_OK(cursor.status());
  return static_cast<std::uint64_t>(versions);
}

Result<std::int64_t> Versions::first_seq_at(Instant at) {
  // Times are whole milliseconds: last_updated >= at is the same as stored time >= at rounded up.
  const std::int64_t stored = to_stored_time(at) + (at.value > 0 && at.value % 1000 != 0 ? 1 : 0);
  VESTA_TRY(const std::int64_t current, seq_at_time(connection_, stored, SeqTable::resource));
  VESTA_TRY(const std::int64_t past, seq_at_time(connection_, stored, SeqTable::history));
  return std::min(current, past);
}

Result<HistoryPage> Versions::history(const HistoryQuery& query) {
  HistoryPage page;
  const bool wants_total = query.before.value == 0;
  if (wants_total) page.total = 0;
  Stretch stretch;
  if (query.type) {
    stretch.type = catalog_.find_type(*query.type);
    if (*stretch.type == 0) return page;
  }
  if (query.id) {
    VESTA_TRY(const auto head, find_resource(connection_, stretch.type.value_or(0), store_id(*query.id)));
    if (!head) return page;
    stretch.key = head->key;
  }
  if (query.since) {
    VESTA_TRY(stretch.from, first_seq_at(*query.since));
  }
  if (query.at_most) {
    VESTA_TRY(stretch.to, first_seq_at(*query.at_most));
  }
  if (wants_total) {
    VESTA_TRY(page.total, count(stretch));
  } else {
    stretch.to = std::min(stretch.to, static_cast<std::int64_t>(query.before.value));
  }
  VESTA_CHECK_OK(newest_first(stretch, query.count, page));
  return page;
}

Result<std::vector<Version>> Versions::changes(CommitSeq after, std::uint32_t count) {
  Cursor cursor(connection_, kAllUp);
  cursor.integer(2, static_cast<std::int64_t>(after.value) + 1).integer(3, INT64_MAX).integer(4, count);
  std::vector<Version> versions;
  std::size_t bytes = 0;
  while (bytes < kMaxPageBytes && cursor.step()) {
    VESTA_TRY(Version version, version_at(catalog_, bodies_, cursor));
    bytes += version.tail.size();
    versions.push_back(std::move(version));
  }
  VESTA_CHECK_OK(cursor.status());
  return versions;
}

}  // namespace vesta::store::sqlite
