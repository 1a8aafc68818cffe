// Making the index anew.
#include "store/postgres/reindex.h"

#include <string>
#include <vector>

#include "store/postgres/distribution.h"
#include "store/postgres/index_rows.h"
#include "store/postgres/parameters.h"
#include "store/postgres/versions.h"

namespace vesta::store::postgres {
namespace {

constexpr std::int64_t kIndexBatch = 500;

constexpr const char* kFingerprint =
    "SELECT fingerprint, seq, (SELECT coalesce(sum(resources), 0)::bigint FROM type_count) FROM head";
constexpr const char* kSetFingerprint = "UPDATE head SET fingerprint = $1";
constexpr const char* kRaiseEpoch = "UPDATE head SET index_epoch = index_epoch + 1, fingerprint = ''";
constexpr const char* kResourcesToIndex = "SELECT " VESTA_HISTORY_COLUMNS
                                          ", r.key FROM resource r JOIN history h ON h.key = r.key AND h.seq = r.seq "
                                          "WHERE r.key > $1 AND NOT r.deleted ORDER BY r.key LIMIT "
                                          "$2";
constexpr const char* kSetPresent = "UPDATE resource SET present = $2::text::integer[] WHERE key = $1";

Status set_fingerprint(Connection& connection, std::string_view fingerprint) {
  Parameters parameters;
  parameters.text(fingerprint);
  VESTA_CHECK_OK(connection.run(kSetFingerprint, parameters));
  return kOk;
}

// The resources behind `after`, in one transaction; how many there were.
Result<int> index_batch(Connection& connection, Catalog& catalog, const Extract& extract, std::int64_t& after) {
  Parameters from;
  from.bigint(after);
  from.bigint(kIndexBatch);
  connection.send("BEGIN");
  connection.send(lock_head(catalog.is_distributed(), "1"));
  connection.send(kResourcesToIndex, from);
  VESTA_TRY(const std::vector<Rows> answers, connection.sync());
  const Rows& found = answers[2];
  std::vector<std::int64_t> keys;
  std::vector<IndexRows> rows;
  for (int row = 0; row < found.size(); ++row) {
    keys.push_back(found.integer(row, kHistoryColumns));
    VESTA_TRY(const search::IndexValues values, extract(version_at(catalog, found, row)));
    VESTA_TRY(IndexRows made, make_rows(catalog, values));
    rows.push_back(std::move(made));
  }
  Parameters all;
  all.bigints(keys);
  for (std::size_t table = 0; table < kTables; ++table)
    connection.send(index_table(static_cast<Table>(table)).delete_rows, all);
  RowInserts inserts;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    inserts.add(keys[i], rows[i]);
    Parameters present;
    present.bigint(keys[i]);
    present.text(list_text(rows[i].present));
    connection.send(kSetPresent, present);
    after = keys[i];
  }
  inserts.send(connection);
  connection.send("COMMIT");
  VESTA_CHECK_OK(connection.sync());
  return found.size();
}

}  // namespace

Status check_fingerprint(Connection& connection, std::string_view fingerprint) {
  VESTA_TRY(const Rows rows, connection.run(kFingerprint));
  if (rows.size() == 1 && rows.bytes(0, 0) == fingerprint) return kOk;
  return make_error(Category::unavailable,
                    "the database was indexed under other search parameters: `vesta migrate` indexes it anew");
}

Status rebuild_index(Connection& connection, Catalog& catalog, const Migration& migration, const Alone& alone) {
  const std::string_view fingerprint = catalog.registry().fingerprint();
  VESTA_TRY(const Rows head, connection.run(kFingerprint));
  if (head.size() != 1) return make_error(Category::unavailable, "the database has lost its head");
  if (head.bytes(0, 0) == fingerprint) return kOk;
  if (head.integer(0, 1) == 0) return set_fingerprint(connection, fingerprint);
  VESTA_CHECK_OK(connection.run("BEGIN"));
  VESTA_CHECK_OK(hold_alone(connection, alone));
  VESTA_CHECK_OK(connection.run(kRaiseEpoch));
  VESTA_CHECK_OK(connection.run("COMMIT"));
  const auto of = static_cast<std::uint64_t>(head.integer(0, 2));
  std::uint64_t done = 0;
  for (std::int64_t after = 0;;) {
    VESTA_TRY(const int count, index_batch(connection, catalog, migration.extract, after));
    done += static_cast<std::uint64_t>(count);
    if (migration.progress) migration.progress(done, of);
    if (count < kIndexBatch) break;
  }
  return set_fingerprint(connection, fingerprint);
}

}  // namespace vesta::store::postgres
