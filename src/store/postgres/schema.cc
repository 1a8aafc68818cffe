// Version 1 of the tables; migrations go here, one function per step.
#include "store/postgres/schema.h"

#include <limits>
#include <string>

#include "sql/table.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"
#include "store/postgres/tables.h"

namespace vesta::store::postgres {
namespace {

// Any number: those who migrate wait for each other by it.
constexpr const char* kMigrationLock = "SELECT pg_advisory_xact_lock(8241002137)";

constexpr const char* kHasVersion = "SELECT to_regclass('schema_version') IS NOT NULL";
constexpr const char* kVersion = "SELECT version FROM schema_version";

// head: one row, whose lock orders the commits of all nodes.
// resource: the current version of each; its text is in `history`, at `seq`. `key` is given in the order of creation.
// inner_parameter: those that ever led to something that the same resource contains.
// node: the last group of commits of each writer, to tell what became of one whose connection was lost.
constexpr const char* kTables1 = R"(
CREATE TABLE schema_version(version integer NOT NULL);
CREATE TABLE head(
  one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL, clock bigint NOT NULL,
  next_key bigint NOT NULL, audit bigint NOT NULL, audit_hash bytea NOT NULL, index_epoch bigint NOT NULL,
  fingerprint text NOT NULL, partitions bigint NOT NULL) WITH (fillfactor = 10);
INSERT INTO head(seq, clock, next_key, audit, audit_hash, index_epoch, fingerprint, partitions)
  VALUES (0, 0, 1, 0, '', 0, '', 1);
CREATE TABLE resource_type(number integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL UNIQUE);
CREATE TABLE parameter(
  number integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, type integer NOT NULL REFERENCES resource_type,
  name text NOT NULL, UNIQUE (type, name));
CREATE TABLE resource(
  key bigint PRIMARY KEY, type integer NOT NULL, id text COLLATE "C" NOT NULL, version bigint NOT NULL,
  seq bigint NOT NULL, last_updated bigint NOT NULL, deleted boolean NOT NULL, present integer[] NOT NULL);
CREATE INDEX ON resource(type, key) WHERE NOT deleted;
CREATE INDEX ON resource(type, last_updated, key) WHERE NOT deleted;
CREATE TABLE type_count(
  type integer PRIMARY KEY, seq bigint NOT NULL, resources bigint NOT NULL, versions bigint NOT NULL)
  WITH (fillfactor = 50);
CREATE TABLE inner_parameter(parameter integer PRIMARY KEY);
CREATE TABLE property(key bytea PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE audit(number bigint PRIMARY KEY, record bytea NOT NULL, hash bytea NOT NULL);
CREATE TABLE node(id bytea PRIMARY KEY, last_group bigint NOT NULL, seen timestamptz NOT NULL DEFAULT now())
  WITH (fillfactor = 10);
CREATE TABLE history(
  seq bigint NOT NULL, key bigint NOT NULL, type integer NOT NULL, id text COLLATE "C" NOT NULL,
  version bigint NOT NULL, last_updated bigint NOT NULL, deleted boolean NOT NULL, tail bytea NOT NULL)";

constexpr const char* kAlone1 = R"(, PRIMARY KEY (seq)) PARTITION BY RANGE (seq);
CREATE UNIQUE INDEX ON resource(type, id);
)";
// Citus knows no uniqueness but of rows that stand together. `place` is distributed by the id, and tells the key that
// leads to the one shard of a resource. Shards stand for partitions of `history`: the next one to be made never comes.
// `line`: rows of the index are numbered, as a shard moves under load only if each of its rows has an identity.
constexpr const char* kDistributed1 = R"(, PRIMARY KEY (seq, key));
CREATE INDEX ON resource(type, id);
CREATE TABLE place(id text COLLATE "C", type integer, key bigint NOT NULL, PRIMARY KEY (id, type));
CREATE SEQUENCE line CACHE 100;
UPDATE head SET partitions = )";

constexpr const char* kHistoryIndexes1 = R"(
CREATE INDEX ON history(key, version);
CREATE INDEX ON history(type, seq);
CREATE INDEX ON history(last_updated, seq);
)";

Result<int> version_of(Connection& connection) {
  VESTA_TRY(const Rows has_version, connection.run(kHasVersion, {}, Connection::Keep::once));
  if (!has_version.boolean(0, 0)) return 0;
  VESTA_TRY(const Rows version, connection.run(kVersion, {}, Connection::Keep::once));
  if (version.size() != 1) return make_error(Category::unavailable, "the database has no version of its tables");
  return static_cast<int>(version.integer(0, 0));
}

std::string of_version(int version) {
  return "the database has tables of version " + std::to_string(version) + ", and this program's is " +
         std::to_string(kSchemaVersion);
}

Status create_tables(Connection& connection) {
  VESTA_TRY(const bool is_distributed, has_citus(connection));
  std::string script = kTables1;
  if (is_distributed)
    script += kDistributed1 + std::to_string(std::numeric_limits<std::int64_t>::max() / kSeqsPerPartition) + ";";
  else
    script += kAlone1 + history_partition_sql(0) + ";";
  script += kHistoryIndexes1;
  for (std::size_t table = 0; table < kTables; ++table) {
    sql::Table shape = index_table(static_cast<Table>(table)).shape;
    if (is_distributed) shape.partitions.reset();
    script += sql::create_table(kDialect, shape);
    if (is_distributed) {
      script += "ALTER TABLE " + sql::name_of(shape) +
                " ADD COLUMN line bigint NOT NULL DEFAULT nextval('line'), ADD PRIMARY KEY (key, line);\n";
    }
  }
  script += "INSERT INTO schema_version VALUES (1);";
  VESTA_CHECK_OK(connection.script(script));
  return is_distributed ? distribute_tables(connection) : kOk;
}

Status migrate_locked(Connection& connection) {
  VESTA_CHECK_OK(connection.run(kMigrationLock, {}, Connection::Keep::once));
  VESTA_TRY(const int version, version_of(connection));
  if (version > kSchemaVersion) return make_error(Category::unavailable, of_version(version));
  if (version == 0) VESTA_CHECK_OK(create_tables(connection));
  return kOk;
}

}  // namespace

std::string history_partition_sql(std::int64_t seq) {
  const std::int64_t part = seq / kSeqsPerPartition;
  return "CREATE TABLE history_" + std::to_string(part) + " PARTITION OF history FOR VALUES FROM (" +
         std::to_string(part * kSeqsPerPartition) + ") TO (" + std::to_string((part + 1) * kSeqsPerPartition) + ")";
}

Status migrate_schema(Connection& connection) {
  VESTA_CHECK_OK(connection.run("BEGIN", {}, Connection::Keep::once));
  Status migrated = migrate_locked(connection);
  const Result<Rows> ended = connection.run(migrated.ok() ? "COMMIT" : "ROLLBACK", {}, Connection::Keep::once);
  if (migrated.ok() && !ended.ok()) return ended.error();
  return migrated;
}

Status check_schema(Connection& connection) {
  VESTA_TRY(const int version, version_of(connection));
  if (version == kSchemaVersion) return kOk;
  if (version == 0) {
    return make_error(Category::unavailable, "the database has no tables of Vesta: `vesta migrate` makes them");
  }
  return make_error(Category::unavailable,
                    of_version(version) + (version < kSchemaVersion ? ": `vesta migrate` brings them there" : ""));
}

}  // namespace vesta::store::postgres
