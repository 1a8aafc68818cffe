// Reindex: steps over the resources in the order of keys; the table `meta` remembers how far it came.
#include "store/sqlite/reindex.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "base/reason.h"
#include "store/sqlite/contained_rows.h"
#include "store/sqlite/describe.h"
#include "store/sqlite/index_rows.h"
#include "store/sqlite/presence.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/shared_statements.h"
#include "store/sqlite/values.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kGetMeta{"SELECT value FROM meta WHERE name = ?1"};
constexpr Sql kSetMeta{"REPLACE INTO meta(name, value) VALUES(?1, ?2)"};
constexpr Sql kNextResources{"SELECT " VESTA_VERSION_COLUMNS(
    "r") ", r.key FROM resource r WHERE r.key > ?1 AND r.state = 1 AND r.seq IS NOT NULL ORDER BY r.key LIMIT ?2"};
constexpr Sql kFindKey{"SELECT key FROM resource WHERE type = ?1 AND id = ?2"};
constexpr Sql kNewKey{"INSERT INTO resource(type, id, version, state) VALUES(?1, ?2, 0, 0) RETURNING key"};
constexpr Sql kTotal{"SELECT coalesce(sum(resources), 0) FROM type_count WHERE versions > 0"};
constexpr Sql kForgetContained{
    "DELETE FROM resource WHERE key IN (SELECT key FROM resource INDEXED BY resource_type"
    " WHERE type = ?1 AND state = 1 AND seq IS NULL)"};
constexpr Sql kNextKey{"SELECT coalesce(max(key), 0) + 1 FROM resource"};
constexpr Sql kCountContained{
    "INSERT INTO type_count(type, resources, versions) VALUES(?1, 1, 0)"
    " ON CONFLICT(type) DO UPDATE SET resources = resources + 1"};

constexpr std::string_view kFingerprintName = "fingerprint";
constexpr std::string_view kTargetName = "reindex_fingerprint";  // what is being rebuilt for
constexpr std::string_view kCursorName = "reindex_key";          // up to which key it is done
constexpr std::string_view kDoneName = "reindex_done";
constexpr std::string_view kFailedName = "reindex_failed";  // how many of these could not be indexed
constexpr std::string_view kEpochName = "index_epoch";      // raised before each rebuild
constexpr std::int64_t kStep = 1'000;

Result<std::string> get_meta(Connection& connection, std::string_view name) {
  Cursor cursor(connection, kGetMeta);
  cursor.text(1, name);
  std::string value;
  if (cursor.step()) value = cursor.bytes_at(0);
  VESTA_CHECK_OK(cursor.status());
  return value;
}

Status set_meta(Connection& connection, std::string_view name, std::string_view value) {
  Cursor cursor(connection, kSetMeta);
  return cursor.text(1, name).text(2, value).run();
}

std::int64_t to_number(const std::string& text) {
  return text.empty() ? 0 : std::stoll(text);
}

class Rebuild {
 public:
  Rebuild(Connection& connection, Catalog& catalog, Bodies& bodies, const ReindexOptions& options)
      : connection_(connection), catalog_(catalog), bodies_(bodies), options_(options) {}

  Status run(const std::atomic<bool>& stopping) {
    VESTA_CHECK_OK(begin());
    while (!is_done_) {
      if (stopping) return make_error(Category::unavailable, "the store was closed while its index was rebuilt");
      VESTA_CHECK_OK(connection_.run("BEGIN IMMEDIATE"));
      VESTA_CHECK_OK(step());
      VESTA_CHECK_OK(connection_.run("COMMIT"));
      catalog_.names().committed();
      if (options_.progress) options_.progress(static_cast<std::uint64_t>(done_), static_cast<std::uint64_t>(total_));
    }
    if (failed_ > 0) log::warning("resources are in no index: 'check' names them", {{"resources", failed_}});
    return kOk;
  }

 private:
  Status begin() {
    const std::string_view fingerprint = catalog_.registry().fingerprint();
    VESTA_TRY(const std::string target, get_meta(connection_, kTargetName));
    if (target == fingerprint) {
      VESTA_TRY(const std::string at, get_meta(connection_, kCursorName));
      VESTA_TRY(const std::string done, get_meta(connection_, kDoneName));
      VESTA_TRY(const std::string failed, get_meta(connection_, kFailedName));
      at_ = to_number(at);
      done_ = to_number(done);
      failed_ = to_number(failed);
    } else {
      VESTA_CHECK_OK(connection_.run("BEGIN IMMEDIATE"));
      VESTA_CHECK_OK(clear_index(connection_));
      VESTA_CHECK_OK(forget_contained());
      VESTA_CHECK_OK(set_meta(connection_, kFingerprintName, "rebuilding"));
      VESTA_CHECK_OK(set_meta(connection_, kTargetName, fingerprint));
      VESTA_CHECK_OK(set_meta(connection_, kCursorName, "0"));
      VESTA_CHECK_OK(set_meta(connection_, kDoneName, "0"));
      VESTA_CHECK_OK(set_meta(connection_, kFailedName, "0"));
      VESTA_CHECK_OK(connection_.run("COMMIT"));
    }
    Cursor cursor(connection_, kTotal);
    if (cursor.step()) total_ = cursor.integer_at(0);
    return cursor.status();
  }

  // They get rows again with what contains them.
  Status forget_contained() {
    for (std::int64_t type = 1; type <= catalog_.type_count(); ++type) {
      if (catalog_.scope_of(type) != Scope::contained) continue;
      Cursor cursor(connection_, kForgetContained);
      VESTA_CHECK_OK(cursor.integer(1, type).run());
    }
    return connection_.run("DELETE FROM type_count WHERE versions = 0");
  }

  struct Found {
    std::int64_t key;
    std::string name;  // for messages, also of what cannot be read
    Result<Version> version;
  };

  Status step() {
    std::vector<Found> found;
    {
      Cursor cursor(connection_, kNextResources);
      cursor.integer(1, at_).integer(2, kStep);
      while (cursor.step()) {
        found.push_back({cursor.integer_at(8), name_at(catalog_, cursor), version_at(catalog_, bodies_, cursor)});
      }
      VESTA_CHECK_OK(cursor.status());
    }
    for (const Found& resource : found) VESTA_CHECK_OK(index(resource));
    VESTA_CHECK_OK(catalog_.names().persist(connection_));
    if (!found.empty()) at_ = found.back().key;
    done_ += static_cast<std::int64_t>(found.size());
    is_done_ = static_cast<std::int64_t>(found.size()) < kStep;
    VESTA_CHECK_OK(set_meta(connection_, kCursorName, std::to_string(at_)));
    VESTA_CHECK_OK(set_meta(connection_, kDoneName, std::to_string(done_)));
    VESTA_CHECK_OK(set_meta(connection_, kFailedName, std::to_string(failed_)));
    if (!is_done_) return kOk;
    VESTA_CHECK_OK(recount_presence(connection_));
    VESTA_CHECK_OK(set_meta(connection_, kTargetName, ""));
    return set_fingerprint(connection_, catalog_.registry().fingerprint());
  }

  Status index(const Found& resource) {
    if (!resource.version.ok()) return leave_out(resource, resource.version.error());
    if (resource.version->type == fhir::kNoType) {
      return leave_out(resource, make_error(Category::invalid, "the definitions do not have its type"));
    }
    const Result<search::IndexValues> values = options_.extract(*resource.version);
    if (values.ok()) {
      const Status numbered = catalog_.number_parameters(resource.version->type, *values);
      return numbered.ok() ? insert(resource, *values) : leave_out(resource, numbered.error());
    }
    // Not the resource's fault: the next open tries again.
    const Category category = values.error().category;
    if (category == Category::unavailable || category == Category::busy) return values.error();
    return leave_out(resource, values.error());
  }

  // The row must lose the values of the old index: their numbers are those of other parameters now.
  Status leave_out(const Found& resource, const Error& reason) {
    if (failed_ < kMaxReindexWarnings) {
      log::warning("a resource could not be indexed", {{"resource", resource.name}, {"reason", reason_of(reason)}});
    }
    ++failed_;
    return insert(resource, {});
  }

  // Sorting is over one resource's rows only: the texts of the next extraction take the place of this one's.
  Status insert(const Found& resource, const search::IndexValues& values) {
    const std::int64_t key = resource.key;
    IndexRows rows;
    std::vector<PendingReference> references;
    std::deque<std::string> texts;
    make_rows(catalog_, values, rows, references, texts);
    IndexRows keyed;
    keyed.append(rows, key);
    std::string indexed = encode_values(catalog_, values);
    for (const PendingReference& reference : references) {
      VESTA_TRY(const std::int64_t target, key_of(reference));
      keyed.references.push_back({reference.param, target, key});
      append_reference({reference.param, target}, indexed);
    }
    if (!values.contained.empty()) VESTA_CHECK_OK(insert_inner(resource, values, texts, keyed, indexed));
    VESTA_CHECK_OK(insert_rows(connection_, keyed));
    Cursor cursor(connection_, kSetIndexed);
    return cursor.integer(1, key).blob(2, indexed).run();
  }

  Status insert_inner(const Found& resource, const search::IndexValues& values, std::deque<std::string>& texts,
                      IndexRows& rows, std::string& indexed) {
    const PreparedContained contained = prepare_contained(catalog_, resource.version->type, values, texts);
    std::int64_t next = 0;
    const KeySource source{[this](const PendingReference& reference) { return key_of(reference); },
                           [this, &next]() -> Result<std::int64_t> { return next != 0 ? next++ : next_key(next); }};
    for (const PreparedInner& inner : contained.inner) {
      // Targets first: they may need rows, and those of what is contained are numbered without a gap.
      for (const PendingReference& reference : inner.references) VESTA_CHECK_OK(key_of(reference));
      Cursor cursor(connection_, kCountContained);
      VESTA_CHECK_OK(cursor.integer(1, inner.type).run());
    }
    const OuterRow outer{resource.key, to_stored_time(resource.version->last_updated)};
    std::vector<StoredReference> links;
    VESTA_CHECK_OK(insert_contained(connection_, contained, outer, source, rows, links));
    for (const StoredReference& link : links) append_reference(link, indexed);
    return kOk;
  }

  Result<std::int64_t> next_key(std::int64_t& next) {
    Cursor cursor(connection_, kNextKey);
    if (cursor.step()) next = cursor.integer_at(0);
    VESTA_CHECK_OK(cursor.status());
    return next++;
  }

  Result<std::int64_t> key_of(const PendingReference& reference) {
    const StoredId id = store_id(reference.target_id);
    for (const Sql* sql : {&kFindKey, &kNewKey}) {
      Cursor cursor(connection_, *sql);
      cursor.integer(1, reference.target_type);
      id.bind(cursor, 2);
      if (cursor.step()) return cursor.integer_at(0);
      VESTA_CHECK_OK(cursor.status());
    }
    return make_error(Category::internal, "an inserted row was not returned");
  }

  Connection& connection_;
  Catalog& catalog_;
  Bodies& bodies_;
  const ReindexOptions& options_;
  std::int64_t at_ = 0;
  std::int64_t done_ = 0;
  std::int64_t failed_ = 0;  // of these
  std::int64_t total_ = 0;
  bool is_done_ = false;
};

}  // namespace

Result<IndexState> index_state(Connection& connection, std::string_view fingerprint) {
  VESTA_TRY(const std::string stored, get_meta(connection, kFingerprintName));
  if (stored.empty()) return IndexState::fresh;
  return stored == fingerprint ? IndexState::current : IndexState::outdated;
}

Result<std::uint64_t> index_epoch(Connection& connection) {
  VESTA_TRY(const std::string stored, get_meta(connection, kEpochName));
  return static_cast<std::uint64_t>(to_number(stored));
}

Status raise_index_epoch(Connection& connection, std::uint64_t to) {
  VESTA_TRY(const std::uint64_t epoch, index_epoch(connection));
  return epoch >= to ? Status(kOk) : set_meta(connection, kEpochName, std::to_string(to));
}

Status raise_index_epoch(Connection& connection) {
  VESTA_TRY(const std::uint64_t epoch, index_epoch(connection));
  return raise_index_epoch(connection, epoch + 1);
}

Status set_fingerprint(Connection& connection, std::string_view fingerprint) {
  return set_meta(connection, kFingerprintName, fingerprint);
}

Status rebuild_index(Connection& connection, Catalog& catalog, Bodies& bodies, const ReindexOptions& options,
                     const std::atomic<bool>& stopping) {
  return Rebuild(connection, catalog, bodies, options).run(stopping);
}

}  // namespace vesta::store::sqlite
