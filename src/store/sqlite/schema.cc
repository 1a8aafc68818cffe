// The schema as a list of forward migrations; the version of a file is its user_version.
#include "store/sqlite/schema.h"

#include <string>

#include "store/sqlite/presence.h"

namespace vesta::store::sqlite {
namespace {

// Columns have no declared types on purpose: no affinity, so a number, a text and a blob stay what they are.
constexpr const char* kBaseTables = R"sql(
CREATE TABLE meta(name PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE property(key PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE name(kind, number, text, PRIMARY KEY(kind, number)) WITHOUT ROWID;
CREATE UNIQUE INDEX name_text ON name(kind, text);
CREATE TABLE dictionary(number INTEGER PRIMARY KEY, bytes);
CREATE TABLE type_count(type INTEGER PRIMARY KEY, resources, versions);
CREATE TABLE resource(key INTEGER PRIMARY KEY, type, id, version, seq, last_updated, state, ranges, dictionary, body);
CREATE UNIQUE INDEX resource_id ON resource(type, id);
CREATE INDEX resource_type ON resource(type) WHERE state = 1;
CREATE INDEX resource_type_seq ON resource(type, seq) WHERE state = 1;
CREATE INDEX resource_seq ON resource(seq) WHERE state = 1;
CREATE TABLE history(seq INTEGER PRIMARY KEY, key, type, version, last_updated, state, dictionary, body);
CREATE UNIQUE INDEX history_key ON history(key, version);
CREATE INDEX history_type ON history(type);
)sql";

// Values before the key, what only narrows down after it: so the rows of one value are in the order of keys.
constexpr const char* kIndexTables = R"sql(
CREATE TABLE token(param, code, system, key, PRIMARY KEY(param, code, system, key)) WITHOUT ROWID;
CREATE TABLE reference(param, target, key, PRIMARY KEY(param, target, key)) WITHOUT ROWID;
CREATE TABLE uri(param, uri, key, PRIMARY KEY(param, uri, key)) WITHOUT ROWID;
CREATE TABLE string(param, folded, key, exact, PRIMARY KEY(param, folded, key, exact)) WITHOUT ROWID;
CREATE TABLE date(param, span, low, key, width, PRIMARY KEY(param, span, low, key, width)) WITHOUT ROWID;
CREATE TABLE number(param, span, low, key, high, PRIMARY KEY(param, span, low, key, high)) WITHOUT ROWID;
CREATE TABLE quantity(param, span, low, key, high, unit, PRIMARY KEY(param, span, low, key, high, unit)) WITHOUT ROWID;
CREATE TABLE composite(param, first, second, key, rest, PRIMARY KEY(param, first, second, key, rest)) WITHOUT ROWID;
CREATE TABLE position(param, latitude, key, longitude, PRIMARY KEY(param, latitude, key, longitude)) WITHOUT ROWID;
CREATE VIRTUAL TABLE word USING fts5(words, content='', columnsize=0, detail=none,
  tokenize="ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'");
CREATE VIRTUAL TABLE word_row USING fts5vocab(word, instance);
)sql";

constexpr const char* kDropIndexTables =
    "DROP TABLE IF EXISTS token; DROP TABLE IF EXISTS reference; DROP TABLE IF EXISTS uri; DROP TABLE IF EXISTS string;"
    "DROP TABLE IF EXISTS date; DROP TABLE IF EXISTS number; DROP TABLE IF EXISTS quantity;"
    "DROP TABLE IF EXISTS composite; DROP TABLE IF EXISTS position; DROP TABLE IF EXISTS word_row;"
    "DROP TABLE IF EXISTS word;";

constexpr Sql kUserVersion{"PRAGMA user_version"};
constexpr Sql kFileApplicationId{"PRAGMA application_id"};
constexpr Sql kTableCount{"SELECT count(*) FROM sqlite_schema"};

Result<std::int64_t> single_integer(Connection& connection, const Sql& sql) {
  Cursor cursor(connection, sql);
  const std::int64_t value = cursor.step() ? cursor.integer_at(0) : 0;
  VESTA_CHECK_OK(cursor.status());
  return value;
}

Status create_tables(Connection& connection) {
  VESTA_CHECK_OK(connection.run(kBaseTables));
  return connection.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
}
// The blob of a row holds all index values, and there are more index tables: all is indexed anew after the start.
Status index_all_values(Connection& connection) {
  VESTA_CHECK_OK(connection.run("ALTER TABLE resource RENAME COLUMN ranges TO indexed"));
  VESTA_CHECK_OK(
      connection.run("UPDATE meta SET value = 'schema 1' WHERE name = 'fingerprint';"
                     "DELETE FROM meta WHERE name = 'reindex_fingerprint'"));
  return clear_index(connection);
}

Status count_presence(Connection& connection) {
  VESTA_CHECK_OK(connection.run("ALTER TABLE type_count ADD COLUMN parameters"));
  return recount_presence(connection);
}

// The key stood before the system, so that a code of one system was found among those of all.
Status order_tokens_by_system(Connection& connection) {
  return connection.run(
      "ALTER TABLE token RENAME TO token_by_key;"
      "CREATE TABLE token(param, code, system, key, PRIMARY KEY(param, code, system, key)) WITHOUT ROWID;"
      "INSERT INTO token SELECT param, code, system, key FROM token_by_key ORDER BY param, code, system, key;"
      "DROP TABLE token_by_key");
}

// Only ever appended to: numbers without gaps, each with the hash of the chain up to it.
Status begin_audit_log(Connection& connection) {
  return connection.run("CREATE TABLE audit(number INTEGER PRIMARY KEY, record, hash)");
}

// Nothing changes here. Older programs do not read such entries, and would make no AuditEvents of them, for good.
Status let_entries_have_several_records(Connection&) {
  return kOk;
}

// Nor here: see docs/formats/audit-record.md.
Status let_records_leave_out_what_repeats(Connection&) {
  return kOk;
}

// Steps are never changed once released; new ones are added.
constexpr Migration kSteps[kSchemaVersion] = {
    {"create the tables", create_tables},
    {"index all values", index_all_values},
    {"count what resources have", count_presence},
    {"order tokens by system", order_tokens_by_system},
    {"begin an audit log", begin_audit_log},
    {"let entries of the audit log have several records", let_entries_have_several_records},
    {"let records of the audit log leave out what repeats", let_records_leave_out_what_repeats}};

// From version `to - 1` to `to`, in one transaction.
Status migrate(Connection& connection, const Migration& step, std::int64_t to) {
  VESTA_CHECK_OK(connection.run("BEGIN IMMEDIATE"));
  Status migrated = step.run(connection);
  if (migrated.ok()) {
    migrated = connection.run(("PRAGMA user_version = " + std::to_string(to) + "; COMMIT").c_str());
  }
  if (migrated.ok()) return kOk;
  connection.rollback();
  return make_error(migrated.error().category, "the store could not be brought to schema version " +
                                                   std::to_string(to) + " (" + step.name +
                                                   "): " + migrated.error().message);
}

}  // namespace

std::span<const Migration> schema_steps() {
  return kSteps;
}

Status create_or_migrate(Connection& connection, std::span<const Migration> steps) {
  VESTA_TRY(std::int64_t version, single_integer(connection, kUserVersion));
  VESTA_TRY(const std::int64_t application, single_integer(connection, kFileApplicationId));
  VESTA_TRY(const std::int64_t tables, single_integer(connection, kTableCount));
  if (tables > 0 && application != kApplicationId) {
    return make_error(Category::unavailable, "the file is an SQLite database, but no Vesta store");
  }
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (version > newest) {
    return make_error(Category::unavailable, "the store has schema version " + std::to_string(version) +
                                                 ", this program knows up to " + std::to_string(newest) +
                                                 ": use a newer Vesta");
  }
  for (; version < newest; ++version) {
    VESTA_CHECK_OK(migrate(connection, steps[static_cast<std::size_t>(version)], version + 1));
  }
  return kOk;
}

Status clear_index(Connection& connection) {
  VESTA_CHECK_OK(connection.run(kDropIndexTables));
  return connection.run(kIndexTables);
}

}  // namespace vesta::store::sqlite
