// Group: a round trip to take the lock and read, and one to write and commit.
#include "store/postgres/group.h"

#include <algorithm>
#include <set>

#include "sql/dialect.h"
#include "sql/parameters.h"
#include "store/audit_chain.h"
#include "store/postgres/distribution.h"
#include "store/postgres/newest.h"
#include "store/postgres/parameters.h"
#include "store/postgres/schema.h"
#include "store/postgres/search.h"
#include "store/write_set_limits.h"

namespace vesta::store::postgres {
namespace {

constexpr std::int64_t kMicrosecondsPerMillisecond = 1000;

constexpr const char* kAddPartition = "SELECT add_history_partition($1, $2)";
constexpr const char* kHeadColumns = "seq, clock, next_key, audit, audit_hash, partitions";
constexpr const char* kStates =
    "SELECT given.number, r.key, r.version, r.deleted"
    " FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS given(type, id, number)"
    " JOIN resource r ON r.type = given.type AND r.id = given.id";
// The same where the tables are distributed: the shards of the ids are asked alone, and then those of the keys.
constexpr const char* kPlacesOf = "SELECT key, type, id FROM place WHERE id = ANY($1)";
constexpr const char* kStatesOf = "SELECT key, version, deleted FROM resource WHERE key = ANY($1)";
constexpr const char* kInsertHistory =
    "INSERT INTO history(seq, key, type, id, version, last_updated, deleted, tail)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[],"
    " $7::integer[]::boolean[], $8::bytea[])";
constexpr const char* kInsertResources =
    "INSERT INTO resource(key, type, id, version, seq, last_updated, deleted, present)"
    " SELECT key, type, id, version, seq, last_updated, deleted, present::integer[]"
    " FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],"
    "   $7::integer[]::boolean[], $8::text[]) AS rows(key, type, id, version, seq, last_updated, deleted, present)";
// The condition beside the join is what Citus knows the shards by.
constexpr const char* kUpdateResources =
    "UPDATE resource SET version = new.version, seq = new.seq, last_updated = new.last_updated,"
    "   deleted = new.deleted, present = new.present"
    " FROM (SELECT key, version, seq, last_updated, deleted, present::integer[]"
    "   FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],"
    "     $7::integer[]::boolean[], $8::text[]) AS rows(key, type, id, version, seq, last_updated, deleted, present)"
    "   OFFSET 0) AS new"
    " WHERE resource.key = new.key AND resource.key = ANY($1)";
// Of a resource whose index changes without a version.
constexpr const char* kUpdatePresent = "UPDATE resource SET present = $2::text::integer[] WHERE key = $1";
constexpr const char* kInsertInner = "INSERT INTO inner_parameter SELECT unnest($1::integer[]) ON CONFLICT DO NOTHING";
constexpr const char* kCounts =
    "INSERT INTO type_count(type, seq, resources, versions)"
    " SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[])"
    " ON CONFLICT (type) DO UPDATE SET seq = excluded.seq, resources = type_count.resources + excluded.resources,"
    "   versions = type_count.versions + excluded.versions";
constexpr const char* kExpected = "SELECT key, value FROM property WHERE key = ANY($1)";
constexpr const char* kNewestOfType = "SELECT seq FROM type_count WHERE type = $1";
constexpr const char* kProperties =
    "INSERT INTO property(key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[])"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
constexpr const char* kRemoveProperties = "DELETE FROM property WHERE key = ANY($1)";
constexpr const char* kAudit =
    "INSERT INTO audit(number, record, hash) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])";
constexpr const char* kHead =
    "UPDATE head SET seq = $1, clock = $2, next_key = $3, audit = $4, audit_hash = $5, partitions = $6";
constexpr const char* kNode =
    "INSERT INTO node(id, last_group) VALUES ($1, $2)"
    " ON CONFLICT (id) DO UPDATE SET last_group = excluded.last_group, seen = now()";

constexpr const char* kNoStatementWait = "SET LOCAL statement_timeout = 0";

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

// What kInsertResources and kUpdateResources take.
struct ResourceColumns {
  sql::Array keys{sql::Type::bigint}, types{sql::Type::integer}, ids{sql::Type::text}, versions{sql::Type::bigint},
      seqs{sql::Type::bigint}, times{sql::Type::bigint}, deleted{sql::Type::integer}, present{sql::Type::text};

  void send(Connection& connection, const char* statement) {
    if (keys.numbers().empty()) return;
    Parameters parameters;
    for (sql::Array* column : {&keys, &types, &ids, &versions, &seqs, &times, &deleted, &present}) {
      parameters.array(std::move(*column));
    }
    connection.send(statement, parameters);
  }
};

const IndexRows& no_rows() {
  static const IndexRows kNone;
  return kNone;
}

}  // namespace

Result<PreparedSet> prepare(Catalog& catalog, const WriteSet& writes) {
  PreparedSet set;
  set.source = &writes;
  for (const Write& write : writes.writes) {
    VESTA_TRY(IndexRows rows, make_rows(catalog, write.added));
    set.bytes += rows.bytes() + write.tail.size();
    set.rows.push_back(std::move(rows));
  }
  for (const auto& [key, value] : writes.properties) set.bytes += key.size() + value.size();
  for (const std::string& record : writes.audit) set.bytes += record.size();
  return set;
}

Status Group::begin(const std::vector<const PreparedSet*>& sets, Instant now) {
  std::vector<Name> names;
  sql::Array types(sql::Type::integer), ids(sql::Type::text), expected(sql::Type::bytes);
  for (const PreparedSet* set : sets) {
    for (const auto& [key, value] : set->source->expected_properties) {
      if (present_properties_.try_emplace(key).second) expected.borrow(key);
    }
    for (const Write& write : set->source->writes) {
      if (!states_.try_emplace({write.type, write.id}).second) continue;
      names.emplace_back(write.type, write.id);
      types.add(catalog_.number_of_type(write.type));
      ids.borrow(write.id);
    }
  }
  const bool is_distributed = catalog_.is_distributed();
  connection_.send("BEGIN");
  connection_.send(lock_head(is_distributed, kHeadColumns));
  Parameters given;
  if (!is_distributed) given.array(std::move(types));
  given.array(std::move(ids));
  connection_.send(is_distributed ? kPlacesOf : kStates, given);
  definitions_ = catalog_.registry().known().type;
  if (definitions_ != fhir::kNoType) {
    Parameters type;
    type.integer(catalog_.number_of_type(definitions_));
    connection_.send(kNewestOfType, type);
  }
  if (!present_properties_.empty()) {
    Parameters keys;
    keys.array(std::move(expected));
    connection_.send(kExpected, keys);
  }
  VESTA_TRY(const std::vector<Rows> rows, connection_.sync());
  const Rows& head = rows[1];
  if (head.size() != 1) return make_error(Category::unavailable, "the database has lost its head");
  newest_.seq = static_cast<std::uint64_t>(head.integer(0, 0));
  // Whole milliseconds: what is compared in a search is then what the text of the resource says.
  clock_ = std::max(Instant{head.integer(0, 1)}, Instant{now.value - now.value % kMicrosecondsPerMillisecond});
  next_key_ = head.integer(0, 2);
  newest_.audit = static_cast<std::uint64_t>(head.integer(0, 3));
  audit_hash_ = head.bytes(0, 4);
  partitions_ = head.integer(0, 5);
  std::size_t next = 3;
  if (definitions_ != fhir::kNoType) {
    const Rows& newest = rows[next++];
    if (newest.size() > 0) {
      newest_definition_ = static_cast<std::uint64_t>(newest.integer(0, 0));
      newest_.types[definitions_] = newest_definition_;  // whoever is refused for it can see why
    }
  }
  if (!present_properties_.empty()) {
    const Rows& properties = rows[next];
    for (int row = 0; row < properties.size(); ++row) {
      present_properties_[std::string(properties.bytes(row, 0))] = properties.bytes(row, 1);
    }
  }
  if (is_distributed) return read_states(rows[2]);
  for (int row = 0; row < rows[2].size(); ++row) {
    states_[names[static_cast<std::size_t>(rows[2].integer(row, 0)) - 1]] =
        state_of(rows[2].integer(row, 1), rows[2].integer(row, 2), rows[2].boolean(row, 3));
  }
  return kOk;
}

// Of those of `places` that the sets write to: an id may be of several types.
Status Group::read_states(const Rows& places) {
  std::map<std::int64_t, State*> missing;  // by key
  for (int row = 0; row < places.size(); ++row) {
    const auto found = states_.find({catalog_.type_of(places.integer(row, 1)), std::string(places.bytes(row, 2))});
    if (found != states_.end()) missing.emplace(places.integer(row, 0), &found->second);
  }
  if (missing.empty()) return kOk;
  std::vector<std::int64_t> keys;
  for (const auto& [key, state] : missing) keys.push_back(key);
  Parameters parameters;
  parameters.bigints(keys);
  VESTA_TRY(const Rows rows, connection_.run(kStatesOf, parameters));
  // The workers of a commit whose node was lost meanwhile may not yet have ended it all.
  if (static_cast<std::size_t>(rows.size()) != missing.size()) {
    return make_error(Category::busy, "a commit is being ended");
  }
  for (int row = 0; row < rows.size(); ++row) {
    const std::int64_t key = rows.integer(row, 0);
    *missing.at(key) = state_of(key, rows.integer(row, 1), rows.boolean(row, 2));
  }
  return kOk;
}

// Conditions are searches: they see what the sets before have written.
Status Group::check(const PreparedSet& set) {
  const WriteSet& writes = *set.source;
  VESTA_CHECK_OK(check_generation(writes, catalog_.registry()));
  const search::Registry::Known known = catalog_.registry().known();
  const bool is_known = known.type != definitions_ || newest_definition_ <= known.seq;
  if (!writes.writes.empty() && !is_known) {
    return make_error(Category::conflict, "another node has changed the search parameters");
  }
  VESTA_CHECK_OK(check_properties(writes, present_properties_));
  for (const Write& write : writes.writes) {
    const State& state = states_.at({write.type, write.id});
    if (state.version != write.expected.value) {
      return make_error(Category::conflict, write.id + " is at version " + std::to_string(state.version) + ", not at " +
                                                std::to_string(write.expected.value));
    }
    if (write.kind == Write::Kind::index && (state.version == 0 || state.deleted)) {
      return make_error(Category::conflict, write.id + " was deleted");
    }
  }
  if (writes.conditions.empty()) return kOk;
  VESTA_CHECK_OK(flush());
  for (const Condition& condition : writes.conditions) {
    VESTA_CHECK_OK(check_condition(connection_, catalog_, condition));
  }
  return kOk;
}

Result<std::vector<Written>> Group::apply(const PreparedSet& set) {
  VESTA_CHECK_OK(check(set));
  std::vector<Written> written;
  for (std::size_t i = 0; i < set.rows.size(); ++i) {
    const Write& one = set.source->writes[i];
    if (one.kind == Write::Kind::index) {
      VESTA_TRY(const Written indexed, index(one, set.rows[i]));
      written.push_back(indexed);
    } else {
      written.push_back(write(one, set.rows[i]));
    }
  }
  const auto change = [this](const std::string& key, const std::optional<std::string>& value) {
    properties_[key] = value;
    if (const auto known = present_properties_.find(key); known != present_properties_.end()) known->second = value;
  };
  for (const auto& [key, value] : set.source->properties) change(key, value);
  for (const std::string& key : set.source->removed_properties) change(key, std::nullopt);
  append_audit(set.source->audit);
  return written;
}

Written Group::write(const Write& write, const IndexRows& rows) {
  State& state = states_.at({write.type, write.id});
  const bool is_put = write.kind == Write::Kind::put;
  const bool was_there = state.version != 0 && !state.deleted;
  if (state.key == 0) {
    state.key = next_key_++;
    if (catalog_.is_distributed()) places_.emplace_back(state.key, &write);
  }
  state.version += 1;
  state.deleted = !is_put;
  const std::uint64_t seq = ++newest_.seq;
  newest_.types[write.type] = seq;
  if (write.type == definitions_) newest_definition_ = seq;
  Count& count = counts_[write.type];
  count.resources += static_cast<std::int64_t>(is_put) - static_cast<std::int64_t>(was_there);
  count.versions += 1;
  count.seq = seq;
  if (write.last_updated) clock_ = *write.last_updated;
  history_.push_back({state.key, &write, state.version, seq, clock_});
  pending_.insert_or_assign(state.key, Pending{write.type, &write.id, state.version, seq, clock_, !is_put,
                                               is_put ? &rows : &no_rows(), state.is_stored});
  return {{state.version}, clock_, {seq}};
}

// What the index has is read, so it must be written before; this is rare.
Result<Written> Group::index(const Write& write, const IndexRows& rows) {
  VESTA_CHECK_OK(flush());
  const State& state = states_.at({write.type, write.id});
  VESTA_TRY(const IndexRows there, read_rows(connection_, state.key));
  const bool changed = there != rows;
  if (changed) {
    Parameters keys, present;
    keys.bigints(std::vector{state.key});
    for (std::size_t table = 0; table < kTables; ++table) {
      connection_.send(index_table(static_cast<Table>(table)).delete_rows, keys);
    }
    RowInserts inserts;
    inserts.add(state.key, rows);
    inserts.send(connection_);
    present.bigint(state.key);
    present.text(list_text(rows.present));
    connection_.send(kUpdatePresent, present);
    VESTA_CHECK_OK(connection_.sync());
  }
  return Written{write.expected, {}, {}, changed};
}

void Group::append_audit(const std::vector<std::string>& records) {
  for (const std::string& record : records) {
    const std::uint64_t number = ++newest_.audit;
    audit_hash_ = audit_hash(audit_hash_, number, record);
    audit_.push_back({number, record, audit_hash_});
  }
}

void Group::send_history() {
  if (history_.empty()) return;
  // The next partition is there before its first version comes.
  for (; signed_of(newest_.seq) >= partitions_ * kSeqsPerPartition; ++partitions_) {
    Parameters next;
    next.bigint(partitions_);
    next.bigint(kSeqsPerPartition);
    connection_.send(kAddPartition, next, Connection::Keep::once);
  }
  sql::Array seqs(sql::Type::bigint), keys(sql::Type::bigint), types(sql::Type::integer), ids(sql::Type::text),
      versions(sql::Type::bigint), times(sql::Type::bigint), deleted(sql::Type::integer), tails(sql::Type::bytes);
  for (const History& each : history_) {
    const bool is_put = each.write->kind == Write::Kind::put;
    seqs.add(signed_of(each.seq));
    keys.add(each.key);
    types.add(catalog_.number_of_type(each.write->type));
    ids.borrow(each.write->id);
    versions.add(signed_of(each.version));
    times.add(each.last_updated.value);
    deleted.add(is_put ? 0 : 1);
    tails.borrow(is_put ? std::string_view(each.write->tail) : std::string_view());
  }
  Parameters parameters;
  for (sql::Array* column : {&seqs, &keys, &types, &ids, &versions, &times, &deleted, &tails}) {
    parameters.array(std::move(*column));
  }
  connection_.send(kInsertHistory, parameters);
  history_.clear();
}

void Group::send_resources() {
  ResourceColumns added, changed;
  for (const auto& [key, each] : pending_) {
    State& state = states_.at({each.type, *each.id});
    ResourceColumns& columns = state.has_row ? changed : added;
    columns.keys.add(key);
    columns.types.add(catalog_.number_of_type(each.type));
    columns.ids.borrow(*each.id);
    columns.versions.add(signed_of(each.version));
    columns.seqs.add(signed_of(each.seq));
    columns.times.add(each.last_updated.value);
    columns.deleted.add(each.deleted ? 1 : 0);
    columns.present.add(list_text(each.rows->present));
    state.has_row = true;
  }
  added.send(connection_, kInsertResources);
  changed.send(connection_, kUpdateResources);
}

void Group::send_places() {
  if (places_.empty()) return;
  sql::Array keys(sql::Type::bigint), types(sql::Type::integer), ids(sql::Type::text);
  for (const auto& [key, write] : places_) {
    keys.add(key);
    types.add(catalog_.number_of_type(write->type));
    ids.borrow(write->id);
  }
  Parameters parameters;
  for (sql::Array* column : {&keys, &types, &ids}) parameters.array(std::move(*column));
  connection_.send(kInsertPlaces, parameters);
  places_.clear();
}

void Group::send_rows() {
  std::vector<std::int64_t> old;
  std::set<std::int32_t> inner;
  RowInserts inserts;
  for (const auto& [key, each] : pending_) {
    if (each.has_old_rows) old.push_back(key);
    inserts.add(key, *each.rows);
    each.rows->each_parameter(Table::inner_reference, [&](std::int32_t parameter) { inner.insert(parameter); });
    states_.at({each.type, *each.id}).is_stored = !each.deleted;
  }
  if (!old.empty()) {
    Parameters keys;
    keys.bigints(old);
    for (std::size_t table = 0; table < kTables; ++table) {
      connection_.send(index_table(static_cast<Table>(table)).delete_rows, keys);
    }
  }
  inserts.send(connection_);
  if (inner.empty()) return;
  Parameters parameters;
  parameters.integers(std::vector<std::int32_t>(inner.begin(), inner.end()));
  connection_.send(kInsertInner, parameters);
}

void Group::send_pending() {
  send_history();
  send_places();
  if (pending_.empty()) return;
  send_resources();
  send_rows();
  pending_.clear();
}

Status Group::flush() {
  if (pending_.empty()) return kOk;
  send_pending();
  VESTA_CHECK_OK(connection_.sync());
  return kOk;
}

void Group::send_properties() {
  if (properties_.empty()) return;
  sql::Array keys(sql::Type::bytes), values(sql::Type::bytes), removed(sql::Type::bytes);
  bool is_any_set = false, is_any_removed = false;
  for (const auto& [key, value] : properties_) {
    (value ? is_any_set : is_any_removed) = true;
    (value ? keys : removed).borrow(key);
    if (value) values.borrow(*value);
  }
  if (is_any_set) {
    Parameters parameters;
    parameters.array(std::move(keys));
    parameters.array(std::move(values));
    connection_.send(kProperties, parameters);
  }
  if (is_any_removed) {
    Parameters parameters;
    parameters.array(std::move(removed));
    connection_.send(kRemoveProperties, parameters);
  }
}

void Group::send_head() {
  if (!counts_.empty()) {
    sql::Array types(sql::Type::integer), seqs(sql::Type::bigint), resources(sql::Type::bigint),
        versions(sql::Type::bigint);
    for (const auto& [type, count] : counts_) {
      types.add(catalog_.number_of_type(type));
      seqs.add(signed_of(count.seq));
      resources.add(count.resources);
      versions.add(count.versions);
    }
    Parameters parameters;
    for (sql::Array* column : {&types, &seqs, &resources, &versions}) parameters.array(std::move(*column));
    connection_.send(kCounts, parameters);
  }
  send_properties();
  if (!audit_.empty()) {
    sql::Array numbers(sql::Type::bigint), records(sql::Type::bytes), hashes(sql::Type::bytes);
    for (const AuditEntry& entry : audit_) {
      numbers.add(signed_of(entry.number));
      records.borrow(entry.record);
      hashes.borrow(entry.hash);
    }
    Parameters parameters;
    for (sql::Array* column : {&numbers, &records, &hashes}) parameters.array(std::move(*column));
    connection_.send(kAudit, parameters);
  }
  Parameters head;
  for (const std::int64_t value : {signed_of(newest_.seq), clock_.value, next_key_, signed_of(newest_.audit)}) {
    head.bigint(value);
  }
  head.bytes(audit_hash_);
  head.bigint(partitions_);
  connection_.send(kHead, head);
}

Status Group::commit(const std::string& node, std::int64_t number) {
  send_pending();
  send_head();
  Parameters group, notice;
  group.bytes(node);
  group.bigint(number);
  connection_.send(kNode, group);
  notice.text(NewestWatch::payload_of(newest_, catalog_));
  connection_.send(NewestWatch::kNotify, notice);
  // One that waits for a standby and is ended there would be committed, and said to be, without it.
  connection_.send(kNoStatementWait);
  if (catalog_.is_distributed()) connection_.send(kHoldFeed);
  connection_.send("COMMIT");
  VESTA_CHECK_OK(connection_.sync());
  return kOk;
}

}  // namespace vesta::store::postgres
