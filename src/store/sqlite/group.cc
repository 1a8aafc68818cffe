// Group: one transaction of the writer.
#include "store/sqlite/group.h"

#include <algorithm>

#include "store/audit_chain.h"
#include "store/sqlite/audit_log.h"
#include "store/sqlite/replace_index.h"
#include "store/sqlite/shared_statements.h"
#include "store/sqlite/value_stamps.h"
#include "store/sqlite/values.h"
#include "store/write_set_limits.h"

namespace vesta::store::sqlite {
namespace {

constexpr Sql kMaxCurrentSeq{
    "SELECT seq, last_updated FROM resource INDEXED BY resource_seq WHERE state = 1 ORDER BY seq DESC LIMIT 1"};
constexpr Sql kMaxHistorySeq{"SELECT seq, last_updated FROM history ORDER BY seq DESC LIMIT 1"};
constexpr Sql kSelectCounts{"SELECT type, resources, versions, parameters FROM type_count"};
constexpr Sql kReplaceCount{"REPLACE INTO type_count(type, resources, versions, parameters) VALUES(?1, ?2, ?3, ?4)"};
constexpr Sql kInsertResource{
    "INSERT INTO resource(key, type, id, version, seq, last_updated, state, indexed, dictionary, body)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
constexpr Sql kUpdateResource{
    "UPDATE resource SET version = ?4, seq = ?5, last_updated = ?6, state = ?7, indexed = ?8, dictionary = ?9, body = "
    "?10"
    " WHERE key = ?1"};
constexpr Sql kRetire{
    "INSERT INTO history(seq, key, type, version, last_updated, state, dictionary, body)"
    " SELECT seq, key, type, version, last_updated, state, dictionary, body FROM resource WHERE key = ?1"};
constexpr Sql kSelectProperty{"SELECT value FROM property WHERE key = ?1"};
constexpr Sql kReplaceProperty{"REPLACE INTO property(key, value) VALUES(?1, ?2)"};
constexpr Sql kDeleteProperty{"DELETE FROM property WHERE key = ?1"};
constexpr Sql kProbe{
    "INSERT INTO meta(name, value) VALUES('probe', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1"};

std::string cache_key(std::int64_t type, const StoredId& id) {
  std::string key;
  key.reserve(id.bytes.size() + 3);
  key.push_back(static_cast<char>(type));
  key.push_back(static_cast<char>(type >> 8));
  key.push_back(id.is_uuid ? 'u' : 't');
  return key += id.bytes;
}

}  // namespace

Status Group::load() {
  VESTA_CHECK_OK(raise_next_key());
  for (const Sql* sql : {&kMaxCurrentSeq, &kMaxHistorySeq}) {
    Cursor cursor(connection_, *sql);
    if (cursor.step()) {
      numbers_.next_seq = std::max(numbers_.next_seq, static_cast<std::uint64_t>(cursor.integer_at(0)) + 1);
      numbers_.last_updated = std::max(numbers_.last_updated, cursor.integer_at(1));
    }
    VESTA_CHECK_OK(cursor.status());
  }
  VESTA_TRY(AuditEntry last, last_audit_entry(connection_));
  numbers_.audited = last.number;
  numbers_.audit_hash = std::move(last.hash);
  Cursor cursor(connection_, kSelectCounts);
  while (cursor.step()) {
    auto parameters = PresenceCounts::decode(cursor.bytes_at(3));
    if (!parameters) return make_error(Category::unavailable, "the counts of a type's parameters are damaged");
    numbers_.counts[cursor.integer_at(0)] = {cursor.integer_at(1), cursor.integer_at(2), std::move(*parameters)};
  }
  return cursor.status();
}

Status Group::begin(Instant now) {
  before_ = numbers_;
  if (connection_.stamps() != nullptr) connection_.stamps()->begin_keys(numbers_.next_key);
  numbers_.last_updated = std::max(numbers_.last_updated, to_stored_time(now));
  VESTA_CHECK_OK(connection_.run("BEGIN IMMEDIATE"));
  VESTA_CHECK_OK(catalog_.names().persist(connection_));
  return bodies_.persist(connection_);
}

// Everything that may fail by the caller's fault is looked at before the first change: so no savepoints are needed.
Status Group::check(const PreparedSet& set, std::vector<std::optional<ResourceHead>>& heads) {
  if (!set.source->conditions.empty()) {
    VESTA_CHECK_OK(flush());
    for (const Condition& condition : set.source->conditions) VESTA_CHECK_OK(check_condition_(connection_, condition));
  }
  VESTA_CHECK_OK(check_generation(*set.source, catalog_.registry()));
  VESTA_CHECK_OK(check_properties(*set.source));
  bool must_flush = false;
  for (const PreparedWrite& write : set.writes) {
    VESTA_TRY(const std::optional<ResourceHead> head, find_resource(connection_, write.type, write.id));
    const std::uint64_t current = head ? head->version : 0;
    if (current != write.source->expected.value) {
      return make_error(Category::conflict, write.source->id + " is at version " + std::to_string(current) +
                                                ", not at " + std::to_string(write.source->expected.value));
    }
    const bool is_index = write.source->kind == Write::Kind::index;
    if (is_index && (!head || head->state != State::current)) {
      return make_error(Category::conflict, write.source->id + " was deleted");
    }
    must_flush = must_flush || (head && touched_.contains(head->key));
    heads.push_back(head);
  }
  // Rows of an earlier set of this group must be in the tables before they can be taken away.
  if (must_flush) return flush();
  return kOk;
}

Result<std::vector<Written>> Group::apply(const PreparedSet& set) {
  std::vector<std::optional<ResourceHead>> heads;
  heads.reserve(set.writes.size());
  VESTA_CHECK_OK(check(set, heads));
  if (keys_.size() >= kMaxCachedKeys) keys_.clear();
  // Keys first: a row holds those of its references' targets, which may be later resources of the same set.
  std::vector<std::int64_t> keys;
  for (std::size_t i = 0; i < set.writes.size(); ++i) {
    keys.push_back(heads[i] ? heads[i]->key : numbers_.next_key++);
    remember(set.writes[i].type, set.writes[i].id, keys.back());
  }
  std::vector<Written> written;
  for (std::size_t i = 0; i < set.writes.size(); ++i) {
    if (connection_.stamps() != nullptr) connection_.stamps()->touch(set.writes[i].source->type, heads[i].has_value());
    if (set.writes[i].source->kind == Write::Kind::index) {
      VESTA_CHECK_OK(count_presence(set.writes[i].type, keys[i], -1));
      VESTA_TRY(Written indexed, index_again(set.writes[i], keys[i]));
      VESTA_CHECK_OK(count_presence(set.writes[i].type, keys[i], 1));
      written.push_back(indexed);
      continue;
    }
    if (const auto& then = set.writes[i].source->last_updated; then) numbers_.last_updated = to_stored_time(*then);
    const std::uint64_t version = (heads[i] ? heads[i]->version : 0) + 1;
    const std::uint64_t seq = numbers_.next_seq;
    VESTA_TRY(const std::string references, write_index(set.writes[i], keys[i]));
    VESTA_CHECK_OK(write_resource(set.writes[i], references, heads[i], keys[i], version));
    written.push_back({{version}, from_stored_time(numbers_.last_updated), {seq}});
    ++numbers_.next_seq;
  }
  VESTA_CHECK_OK(write_properties(*set.source));
  VESTA_CHECK_OK(write_audit(*set.source));
  return written;
}

Status Group::write_resource(const PreparedWrite& write, const std::string& references,
                             const std::optional<ResourceHead>& head, std::int64_t key, std::uint64_t version) {
  const bool is_new = !head.has_value();
  const bool was_current = head && head->state == State::current;
  if (was_current) {
    VESTA_CHECK_OK(count_presence(write.type, key, -1));
    VESTA_CHECK_OK(retire(*head));
  }
  TypeCount& count = numbers_.counts[write.type];
  ++count.versions;
  if (was_current) --count.resources;
  if (write.source->kind == Write::Kind::remove) return delete_row(write, key, is_new, version);
  ++count.resources;
  return put_row(write, references, key, is_new, version);
}

Status Group::count_presence(std::int64_t type, std::int64_t key, int sign) {
  Cursor cursor(connection_, kSelectIndexed);
  if (cursor.integer(1, key).step()) numbers_.counts[type].parameters.add(cursor.bytes_at(0), sign);
  return cursor.status();
}

// The present version becomes history. The body is copied as it is, compressed.
Status Group::retire(const ResourceHead& head) {
  Cursor cursor(connection_, kRetire);
  return cursor.integer(1, head.key).run();
}

Status Group::put_row(const PreparedWrite& write, const std::string& references, std::int64_t key, bool is_new,
                      std::uint64_t version) {
  const std::string indexed = write.indexed + references;
  numbers_.counts[write.type].parameters.add(indexed, 1);
  Cursor cursor(connection_, is_new ? kInsertResource : kUpdateResource);
  cursor.integer(1, key);
  if (is_new) {
    cursor.integer(2, write.type);
    write.id.bind(cursor, 3);
  }
  cursor.integer(4, static_cast<std::int64_t>(version)).integer(5, static_cast<std::int64_t>(numbers_.next_seq));
  cursor.integer(6, numbers_.last_updated).integer(7, static_cast<int>(State::current));
  cursor.blob(8, indexed).integer(9, write.body.dictionary).blob(10, write.body.frame);
  return cursor.run();
}

// A deletion is an entry of the history at once; the row keeps its number and time for reads and for `expected`.
Status Group::delete_row(const PreparedWrite& write, std::int64_t key, bool is_new, std::uint64_t version) {
  {
    Cursor cursor(connection_, is_new ? kInsertResource : kUpdateResource);
    cursor.integer(1, key);
    if (is_new) {
      cursor.integer(2, write.type);
      write.id.bind(cursor, 3);
    }
    cursor.integer(4, static_cast<std::int64_t>(version)).integer(5, static_cast<std::int64_t>(numbers_.next_seq));
    cursor.integer(6, numbers_.last_updated).integer(7, static_cast<int>(State::deleted));
    cursor.null(8).integer(9, 0).null(10);
    VESTA_CHECK_OK(cursor.run());
  }
  Cursor cursor(connection_, kRetire);
  return cursor.integer(1, key).run();
}

// The key of a reference's target; a target that is not there gets a row that holds its place.
Result<std::int64_t> Group::key_of(std::int64_t type, std::string_view id) {
  const StoredId stored = store_id(id);
  const auto cached = keys_.find(cache_key(type, stored));
  if (cached != keys_.end()) return cached->second;
  VESTA_TRY(const std::optional<ResourceHead> head, find_resource(connection_, type, stored));
  const std::int64_t key = head ? head->key : numbers_.next_key++;
  if (!head) {
    Cursor cursor(connection_, kInsertResource);
    cursor.integer(1, key).integer(2, type);
    stored.bind(cursor, 3);
    cursor.integer(4, 0).null(5).null(6).integer(7, static_cast<int>(State::named)).null(8).null(9).null(10);
    VESTA_CHECK_OK(cursor.run());
  }
  remember(type, stored, key);
  return key;
}

void Group::remember(std::int64_t type, const StoredId& id, std::int64_t key) {
  keys_.insert_or_assign(cache_key(type, id), key);
}

KeySource Group::key_source() {
  return {[this](const PendingReference& reference) { return key_of(reference.target_type, reference.target_id); },
          [this]() -> Result<std::int64_t> { return numbers_.next_key++; }};
}

Status Group::remove_contained_rows(std::int64_t key, std::span<const search::Contained> contained) {
  std::vector<std::int64_t> types;
  VESTA_CHECK_OK(remove_contained(connection_, catalog_, key, contained, types));
  for (const std::int64_t type : types) --numbers_.counts[type].resources;
  return kOk;
}

// Gives the references as the resource's row has them.
Result<std::string> Group::write_index(const PreparedWrite& write, std::int64_t key) {
  if (!write.source->removed.contained.empty()) {
    VESTA_CHECK_OK(remove_contained_rows(key, write.source->removed.contained));
  }
  if (!write.removed.empty() || !write.removed_references.empty()) {
    IndexRows gone;
    gone.append(write.removed, key);
    for (const PendingReference& reference : write.removed_references) {
      VESTA_TRY(const std::int64_t target, key_of(reference.target_type, reference.target_id));
      gone.references.push_back({reference.param, target, key});
    }
    VESTA_CHECK_OK(delete_rows(connection_, gone));
  }
  pending_.append(write.added, key);
  std::string references;
  for (const PendingReference& reference : write.references) {
    VESTA_TRY(const std::int64_t target, key_of(reference.target_type, reference.target_id));
    append_reference({reference.param, target}, references);
    if (reference.is_new) pending_.references.push_back({reference.param, target, key});
  }
  std::vector<StoredReference> links;
  VESTA_CHECK_OK(
      insert_contained(connection_, write.contained, {key, numbers_.last_updated}, key_source(), pending_, links));
  for (const StoredReference& link : links) append_reference(link, references);
  for (const PreparedInner& inner : write.contained.inner) ++numbers_.counts[inner.type].resources;
  touched_.insert(key);
  return references;
}

// What is contained is that of the version, so it has its rows; what they are found by may be other than before. If any
// are not there, all are made anew.
Result<bool> Group::index_contained(const PreparedWrite& write, std::int64_t key,
                                    std::vector<StoredReference>& references) {
  const std::vector<search::Contained>& contained = write.source->added.contained;
  VESTA_TRY(const std::vector<std::int64_t> keys, contained_keys(connection_, catalog_, key));
  if (keys.size() != contained.size()) {
    VESTA_CHECK_OK(remove_contained_rows(key, contained));
    VESTA_TRY(const OuterRow outer, outer_row(connection_, key));
    IndexRows rows;
    VESTA_CHECK_OK(insert_contained(connection_, write.contained, outer, key_source(), rows, references));
    for (const PreparedInner& inner : write.contained.inner) ++numbers_.counts[inner.type].resources;
    rows.sort();
    VESTA_CHECK_OK(insert_rows(connection_, rows));
    return true;
  }
  bool changed = false;
  for (std::size_t place = 0; place < keys.size(); ++place) {
    const PreparedInner& inner = write.contained.inner[place];
    VESTA_TRY(std::vector<StoredReference> inner_references, references_of(inner, keys, key_source()));
    VESTA_TRY(const bool is_other, replace_index(connection_, catalog_,
                                                 {keys[place], Scope::contained, contained[place].values, inner.rows,
                                                  inner.indexed, std::move(inner_references), write.source->id}));
    changed = changed || is_other;
  }
  for (const StoredReference& link : references_of(write.contained.links, keys)) references.push_back(link);
  return changed;
}

Result<Written> Group::index_again(const PreparedWrite& write, std::int64_t key) {
  std::vector<StoredReference> references;
  for (const PendingReference& reference : write.references) {
    VESTA_TRY(const std::int64_t target, key_of(reference.target_type, reference.target_id));
    references.push_back({reference.param, target});
  }
  VESTA_TRY(const bool inner_changed, index_contained(write, key, references));
  VESTA_TRY(const bool changed, replace_index(connection_, catalog_,
                                              {key, Scope::resource, write.source->added, write.added, write.indexed,
                                               std::move(references), write.source->id}));
  return Written{write.source->expected, {}, {}, changed || inner_changed};
}

Status Group::run(const std::function<Status(Connection&)>& work) {
  VESTA_CHECK_OK(flush());
  if (connection_.stamps() != nullptr) connection_.stamps()->touch_all();
  VESTA_CHECK_OK(work(connection_));
  return raise_next_key();
}

Status Group::raise_next_key() {
  Cursor cursor(connection_, kMaxKey);
  if (cursor.step()) numbers_.next_key = std::max(numbers_.next_key, cursor.integer_at(0) + 1);
  return cursor.status();
}

Status Group::flush() {
  pending_.sort();
  VESTA_CHECK_OK(insert_rows(connection_, pending_));
  pending_.clear();
  touched_.clear();
  return kOk;
}

Status Group::check_properties(const WriteSet& set) {
  for (const auto& [key, value] : set.expected_properties) {
    Cursor cursor(connection_, kSelectProperty);
    const bool is_there = cursor.text(1, key).step();
    VESTA_CHECK_OK(cursor.status());
    const bool is_so = is_there ? value && *value == cursor.bytes_at(0) : !value;
    if (!is_so) return make_error(Category::conflict, property_conflict(key));
  }
  return kOk;
}

Status Group::write_properties(const WriteSet& set) {
  for (const auto& [key, value] : set.properties) {
    Cursor cursor(connection_, kReplaceProperty);
    VESTA_CHECK_OK(cursor.text(1, key).blob(2, value).run());
  }
  for (const std::string& key : set.removed_properties) {
    Cursor cursor(connection_, kDeleteProperty);
    VESTA_CHECK_OK(cursor.text(1, key).run());
  }
  return kOk;
}

Status Group::write_audit(const WriteSet& set) {
  std::vector<NewAuditEntry> entries;
  entries.reserve(set.audit.size());
  for (const std::string& record : set.audit) {
    numbers_.audit_hash = store::audit_hash(numbers_.audit_hash, ++numbers_.audited, record);
    entries.push_back({numbers_.audited, record, numbers_.audit_hash});
  }
  return append_audit_entries(connection_, entries);
}

Status Group::write_counts() {
  for (const auto& [type, count] : numbers_.counts) {
    const auto old = before_.counts.find(type);
    if (old != before_.counts.end() && old->second == count) continue;
    const std::string parameters = count.parameters.encode();
    Cursor cursor(connection_, kReplaceCount);
    cursor.integer(1, type).integer(2, count.resources).integer(3, count.versions);
    if (count.versions > 0)
      cursor.blob(4, parameters);
    else
      cursor.null(4);
    VESTA_CHECK_OK(cursor.run());
  }
  return kOk;
}

Status Group::commit() {
  VESTA_CHECK_OK(flush());
  VESTA_CHECK_OK(write_counts());
  if (connection_.stamps() != nullptr) connection_.stamps()->begin();
  VESTA_CHECK_OK(connection_.run("COMMIT"));
  if (connection_.stamps() != nullptr) connection_.stamps()->end();
  catalog_.names().committed();
  bodies_.committed();
  return kOk;
}

void Group::abort() {
  connection_.rollback();
  if (connection_.stamps() != nullptr) connection_.stamps()->end();
  pending_.clear();
  touched_.clear();
  keys_.clear();
  numbers_ = before_;
}

Status Group::probe() {
  Cursor cursor(connection_, kProbe);
  return cursor.run();
}

}  // namespace vesta::store::sqlite
