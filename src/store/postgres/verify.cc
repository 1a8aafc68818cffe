// Verify: versions, counts, the audit's chain, and index rows against what is extracted anew.
#include "store/postgres/verify.h"

#include <vector>

#include "search/readiness.h"
#include "store/audit_chain.h"
#include "store/postgres/index_rows.h"
#include "store/postgres/parameters.h"
#include "store/postgres/versions.h"

namespace vesta::store::postgres {
namespace {

constexpr std::int64_t kVerifyBatch = 200;
constexpr std::uint32_t kAuditBatch = 500;

constexpr const char* kBeginVerify = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr const char* kNoTimeout = "SET LOCAL statement_timeout = 0";
constexpr const char* kVerifyResources =
    "SELECT " VESTA_HISTORY_COLUMNS
    ", r.key, h.version = r.version AND h.deleted = r.deleted AND h.last_updated = r.last_updated"
    " FROM resource r JOIN history h ON h.key = r.key AND h.seq = r.seq WHERE r.key > $1 ORDER BY r.key LIMIT $2";
// Resources whose versions are not 1 to the current one, each once, in the order of their commits.
constexpr const char* kBrokenChains =
    "SELECT t.name || '/' || r.id FROM resource r JOIN resource_type t ON t.number = r.type LEFT JOIN"
    " (SELECT key, count(*) AS versions, max(version) AS newest, max(seq) AS seq FROM history GROUP BY key) h"
    " ON h.key = r.key WHERE h.versions IS DISTINCT FROM r.version OR h.newest <> r.version OR h.seq <> r.seq LIMIT 20";
constexpr const char* kWrongCounts =
    "SELECT t.name FROM resource_type t LEFT JOIN type_count c ON c.type = t.number LEFT JOIN"
    " (SELECT type, count(*) AS versions FROM history GROUP BY type) h ON h.type = t.number LEFT JOIN"
    " (SELECT type, count(*) FILTER (WHERE NOT deleted) AS resources FROM resource GROUP BY type) r"
    " ON r.type = t.number WHERE coalesce(c.versions, 0) <> coalesce(h.versions, 0)"
    " OR coalesce(c.resources, 0) <> coalesce(r.resources, 0)";
constexpr const char* kVerifyHead =
    "SELECT seq = coalesce((SELECT max(seq) FROM history), 0), audit = (SELECT count(*) FROM audit),"
    " next_key > coalesce((SELECT max(key) FROM resource), 0) FROM head";

class Verification {
 public:
  Verification(Connection& connection, Catalog& catalog, const Store::Extract& extract,
               const std::function<void(std::string)>& report)
      : connection_(connection), catalog_(catalog), extract_(extract), report_(report) {}

  Result<std::uint64_t> run() {
    VESTA_CHECK_OK(connection_.run(kBeginVerify));
    VESTA_CHECK_OK(connection_.run(kNoTimeout));
    VESTA_TRY(const std::uint64_t looked_at, resources());
    VESTA_CHECK_OK(each(kBrokenChains, ": its versions are not unbroken"));
    VESTA_CHECK_OK(each(kWrongCounts, ": the counts per type are wrong"));
    VESTA_CHECK_OK(head());
    VESTA_CHECK_OK(audit());
    connection_.finish();
    return looked_at;
  }

 private:
  Result<std::uint64_t> resources() {
    std::uint64_t looked_at = 0;
    for (std::int64_t after = 0;;) {
      Parameters from;
      from.bigint(after);
      from.bigint(kVerifyBatch);
      VESTA_TRY(const Rows rows, connection_.run(kVerifyResources, from));
      if (rows.size() == 0) return looked_at;
      for (int row = 0; row < rows.size(); ++row) {
        after = rows.integer(row, kHistoryColumns);
        const Version version = version_at(catalog_, rows, row);
        if (!rows.boolean(row, kHistoryColumns + 1)) report_(title(version) + ": its version is not the current one");
        VESTA_CHECK_OK(index(after, version));
        ++looked_at;
      }
    }
  }

  std::string title(const Version& version) const {
    const std::string type =
        version.type == fhir::kNoType ? "?" : std::string(catalog_.definitions().type(version.type).name);
    return type + "/" + version.id;
  }

  Status index(std::int64_t key, const Version& version) {
    VESTA_TRY(IndexRows there, read_rows(connection_, key));
    IndexRows wanted;
    if (!version.deleted) {
      const Result<search::IndexValues> values = extract_(version);
      if (!values.ok()) {
        report_(title(version) + ": its index values cannot be extracted: " + values.error().message);
        return kOk;
      }
      VESTA_TRY(wanted, make_rows(catalog_, *values));
    }
    const auto is_ready = [this](std::int32_t number) {
      const search::ParameterId parameter = catalog_.parameter_of(number);
      return parameter != search::kNoParameter && catalog_.registry().readiness(parameter) == search::Readiness::ready;
    };
    there.filter(is_ready);
    wanted.filter(is_ready);
    if (there != wanted) report_(title(version) + ": its index values are not those of its text");
    return kOk;
  }

  Status each(const char* sql, const char* what) {
    VESTA_TRY(const Rows rows, connection_.run(sql));
    for (int row = 0; row < rows.size(); ++row) report_(std::string(rows.bytes(row, 0)) + what);
    return kOk;
  }

  Status head() {
    VESTA_TRY(const Rows rows, connection_.run(kVerifyHead));
    if (rows.size() != 1) return make_error(Category::unavailable, "the database has lost its head");
    if (!rows.boolean(0, 0)) report_("the newest commit is not the last version");
    if (!rows.boolean(0, 1)) report_("the audit log is shorter or longer than it should be");
    if (!rows.boolean(0, 2)) report_("a resource has a key that was not given yet");
    return kOk;
  }

  Status audit() {
    std::string previous;
    for (std::uint64_t after = 0;;) {
      VESTA_TRY(const std::vector<AuditEntry> entries, read_audit(connection_, after, kAuditBatch));
      if (entries.empty()) return kOk;
      for (const AuditEntry& entry : entries) {
        if (entry.number != after + 1 || entry.hash != audit_hash(previous, entry.number, entry.record)) {
          report_("the audit log is broken at entry " + std::to_string(entry.number));
        }
        after = entry.number;
        previous = entry.hash;
      }
    }
  }

  Connection& connection_;
  Catalog& catalog_;
  const Store::Extract& extract_;
  const std::function<void(std::string)>& report_;
};

}  // namespace

Result<std::uint64_t> verify_store(Connection& connection, Catalog& catalog, const Store::Extract& extract,
                                   const std::function<void(std::string)>& report) {
  return Verification(connection, catalog, extract, report).run();
}

}  // namespace vesta::store::postgres
