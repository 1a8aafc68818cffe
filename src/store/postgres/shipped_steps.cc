// The versions of the tables, each made of the one before.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sql/table.h"
#include "store/postgres/distribution.h"
#include "store/postgres/parameters.h"
#include "store/postgres/schema.h"
#include "store/postgres/tables.h"

namespace vesta::store::postgres {
namespace {

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

// Where a program has its own version beside the tables', others may tell whether they can serve them. The next
// partition of `history` is made by whoever writes, who need not own the table for that.
constexpr const char* kTables2 = R"(
ALTER TABLE schema_version ADD COLUMN oldest integer NOT NULL DEFAULT 1;
CREATE FUNCTION add_history_partition(part bigint, versions bigint) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS
  $$BEGIN
    EXECUTE format('CREATE TABLE history_%s PARTITION OF history FOR VALUES FROM (%s) TO (%s)',
                   part, part * versions, (part + 1) * versions);
  END$$;
REVOKE ALL ON FUNCTION add_history_partition(bigint, bigint) FROM PUBLIC;
)";

// An entry of the audit log may have several records, which older programs do not read: they would make no AuditEvents
// of them, for good. What is longer than a row may be stands beside it as it is: to compress it costs more than it
// saves.
constexpr const char* kTables3 = "ALTER TABLE audit ALTER COLUMN record SET STORAGE EXTERNAL;";

// Where Citus distributes it (it has no partitions then), a version of a resource is there once: of two commits that do
// not see each other, as while a worker that was lost has not ended the first, the second is refused.
constexpr const char* kDistributed4 = R"(
DO $$BEGIN
  IF (SELECT relkind FROM pg_class WHERE oid = 'history'::regclass) = 'r' THEN
    DROP INDEX history_key_version_idx;
    CREATE UNIQUE INDEX ON history(key, version);
  END IF;
END$$;
)";

// Records of the audit log leave out what repeats, which older programs do not read.
constexpr const char* kTables5 = "COMMENT ON COLUMN audit.record IS 'docs/formats/audit-record.md';";

std::string first_tables(bool is_distributed) {
  std::string script = kTables1;
  if (is_distributed)
    script += kDistributed1 + std::to_string(std::numeric_limits<std::int64_t>::max() / kSeqsPerPartition) + ";";
  else
    script += std::string(kAlone1) + "CREATE TABLE history_0 PARTITION OF history FOR VALUES FROM (0) TO (" +
              std::to_string(kSeqsPerPartition) + ");";
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
  if (is_distributed) script += distribution_sql();
  return script + "INSERT INTO schema_version VALUES (1);";
}

}  // namespace

std::vector<SchemaStep> shipped_steps(bool with_citus) {
  return {{first_tables(with_citus), 1},
          {kTables2, 1},
          {kTables3, 3},
          {std::string(kOneByOne) + kDistributed4, 3},
          {kTables5, 5}};
}

}  // namespace vesta::store::postgres
