// MemoryStore: simple and obviously right, so that other engines can be compared with it.
#include "store/memory/memory_store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>

#include "search/links.h"
#include "search/matcher.h"
#include "search/readiness.h"
#include "store/audit_chain.h"
#include "store/memory/record.h"
#include "store/sort_tuple.h"
#include "store/write_set_limits.h"

namespace vesta::store::memory {
namespace {

constexpr std::int64_t kMicrosecondsPerMillisecond = 1000;

class MemoryStore final : public Store {
 public:
  MemoryStore(const search::Registry& registry, Clock& clock)
      : registry_(registry), definitions_(registry.definitions()), clock_(clock) {}

  Result<std::optional<Version>> read(fhir::TypeId type, std::string_view id) override;
  Result<std::optional<Version>> read_version(fhir::TypeId type, std::string_view id, VersionId version) override;
  Result<HistoryPage> history(const HistoryQuery& query) override;
  Result<SearchPage> search(std::span<const search::Query> queries, const SearchOptions& options) override;
  Result<std::vector<Written>> commit(WriteSet& writes) override;
  Result<std::vector<Version>> changes(CommitSeq after, std::uint32_t count) override;
  CommitSeq newest() override;
  CommitSeq newest(fhir::TypeId type) override;
  Result<std::vector<AuditEntry>> audit(std::uint64_t after, std::uint32_t count) override;
  std::uint64_t newest_audit() override;
  Result<std::optional<std::string>> property(std::string_view key) override;
  Result<std::vector<Property>> properties(std::string_view after, std::uint32_t count) override;
  Result<std::vector<PlaceInOrder>> places(std::uint64_t after, std::uint32_t count) override;
  Status take_over(std::span<const PlaceInOrder> places, std::uint64_t index_epoch) override;
  Result<Statistics> statistics() override;
  Status writable() override { return kOk; }
  Result<bool> forget(const std::vector<search::ParameterId>& parameters) override;
  Result<std::uint64_t> verify(const Extract& extract, const std::function<void(std::string)>& report) override;

 private:
  class Links;

  const Record* find(fhir::TypeId type, std::string_view id) const {
    const auto found = records_.find({type, std::string(id)});
    return found == records_.end() ? nullptr : &found->second;
  }
  Status add_included(const SearchOptions& options, const Links& links, std::vector<const Record*> from,
                      std::vector<Version>& included) const;
  // Calls `add` with what an include leads to from one resource.
  void follow(const search::Include& include, const Links& links, const Record& record,
              const std::function<void(const Record*)>& add) const;
  // A resource, or one that it contains, and which of the queries it matches.
  struct Match {
    std::uint32_t part;
    const Record* record;
    std::optional<std::uint32_t> contained = {};

    search::Subject subject() const {
      const search::Subject outer = subject_of(*record);
      return contained ? search::contained_subject(outer, outer.values->contained[*contained]) : outer;
    }
    // Of its place in the order of creation: what is contained is made anew with each version.
    std::int64_t key() const {
      if (!contained) return record->key;
      return static_cast<std::int64_t>(record->current().seq.value * kMostContained + *contained);
    }
    Version version() const {
      Version version = record->current();
      version.contained = contained;
      return version;
    }
  };
  static constexpr std::uint64_t kMostContained = 1 << 20;
  void add_matches(const search::Query& query, std::uint32_t part, std::vector<Match>& found) const;
  // In the order of the search.
  std::vector<Match> matches_of(std::span<const search::Query> queries) const;
  SortTuple tuple_of(std::span<const search::Query> queries, const Match& match) const;
  Status check(const WriteSet& writes) const;
  search::IndexValues ready_of(search::IndexValues values) const {
    search::keep_ready(registry_, values);
    return values;
  }

  const search::Registry& registry_;
  const fhir::Definitions& definitions_;
  Clock& clock_;
  std::mutex mutex_;
  Records records_;
  std::map<std::uint64_t, std::pair<ResourceName, std::size_t>> log_;  // seq -> the resource and index of its version
  std::map<std::string, std::string, std::less<>> properties_;
  std::vector<AuditEntry> audit_;
  CreationOrder order_;
  std::uint64_t index_epoch_ = 0;
  std::uint64_t next_seq_ = 1;
  std::map<fhir::TypeId, CommitSeq> newest_of_;
  Instant last_updated_;
};

Result<std::optional<Version>> MemoryStore::read(fhir::TypeId type, std::string_view id) {
  const std::lock_guard lock(mutex_);
  const Record* record = find(type, id);
  return record == nullptr ? std::optional<Version>() : record->current();
}

Result<std::optional<Version>> MemoryStore::read_version(fhir::TypeId type, std::string_view id, VersionId version) {
  const std::lock_guard lock(mutex_);
  const Record* record = find(type, id);
  if (record == nullptr || version.value == 0 || version.value > record->versions.size()) {
    return std::optional<Version>();
  }
  return std::optional<Version>(record->versions[version.value - 1]);
}

Result<HistoryPage> MemoryStore::history(const HistoryQuery& query) {
  const std::lock_guard lock(mutex_);
  HistoryPage page;
  std::uint64_t total = 0;
  std::size_t bytes = 0;
  for (auto at = log_.rbegin(); at != log_.rend(); ++at) {
    const auto& [name, index] = at->second;
    if (query.type && *query.type != name.first) continue;
    if (query.id && *query.id != name.second) continue;
    const Version& version = records_.at(name).versions[index];
    if (query.since && version.last_updated < *query.since) continue;
    if (query.at_most && !(version.last_updated < *query.at_most)) continue;
    ++total;
    if (query.before.value != 0 && !(version.seq < query.before)) continue;
    page.more = page.more || page.entries.size() == query.count || bytes >= kMaxPageBytes;
    if (page.more) continue;
    page.entries.push_back(version);
    bytes += version.tail.size();
  }
  if (query.before.value == 0) page.total = total;
  return page;
}

// The current resources, as the matcher follows links through them.
class MemoryStore::Links final : public search::Surroundings {
 public:
  Links(const MemoryStore& store, std::string_view base_url) : store_(store), base_url_(base_url) {}

  const search::Subject* find(fhir::TypeId type, std::string_view id) const override {
    const Record* record = store_.find(type, id);
    return record == nullptr || !record->values ? nullptr : remember(*record);
  }
  void each(fhir::TypeId type, const std::function<bool(const search::Subject&)>& visit) const override {
    for (auto at = store_.records_.lower_bound({type, {}}); at != store_.records_.end() && at->first.first == type;
         ++at) {
      if (at->second.values && !visit(*remember(at->second))) return;
    }
  }
  const search::Registry& registry() const override { return store_.registry_; }
  std::string_view base_url() const override { return base_url_; }

 private:
  const search::Subject* remember(const Record& record) const {
    return &subjects_.try_emplace(record.key, subject_of(record)).first->second;
  }

  const MemoryStore& store_;
  const std::string_view base_url_;
  mutable std::map<std::int64_t, search::Subject> subjects_;
};

void MemoryStore::add_matches(const search::Query& query, std::uint32_t part, std::vector<Match>& found) const {
  const Links links(*this, query.base_url);
  const auto offer = [&](const Match& match) {
    const search::Subject subject = match.subject();
    if (subject.type == query.type && search::matches(query.plan, subject, &links)) found.push_back(match);
  };
  if (query.scope == search::Scope::resource) {
    for (auto at = records_.lower_bound({query.type, {}}); at != records_.end() && at->first.first == query.type;
         ++at) {
      if (at->second.values) offer({part, &at->second});
    }
    return;
  }
  for (const auto& [name, record] : records_) {
    if (!record.values) continue;
    const auto contained = static_cast<std::uint32_t>(record.values->values().contained.size());
    for (std::uint32_t place = 0; place < contained; ++place) offer({part, &record, place});
  }
}

std::vector<MemoryStore::Match> MemoryStore::matches_of(std::span<const search::Query> queries) const {
  std::vector<Match> found;
  for (std::uint32_t part = 0; part < queries.size(); ++part) add_matches(queries[part], part, found);
  std::sort(found.begin(), found.end(),
            [](const Match& a, const Match& b) { return std::pair(a.part, a.key()) < std::pair(b.part, b.key()); });
  std::stable_sort(found.begin(), found.end(), [&](const Match& a, const Match& b) {
    const search::Subject left = a.subject(), right = b.subject();
    return search::sorts_before({queries[a.part].sort, left}, {queries[b.part].sort, right}, definitions_);
  });
  return found;
}

SortTuple MemoryStore::tuple_of(std::span<const search::Query> queries, const Match& match) const {
  SortTuple tuple;
  for (const auto& key : queries[match.part].sort) {
    tuple.values.push_back(sort_value(key, match.subject(), definitions_));
  }
  tuple.part = match.part;
  tuple.key = match.key();
  return tuple;
}

// The page behind `from`, or before it, cut out of all matches.
Result<SearchPage> MemoryStore::search(std::span<const search::Query> queries, const SearchOptions& options) {
  const std::lock_guard lock(mutex_);
  VESTA_CHECK_OK(search::check_ready(registry_, queries, options.includes, options.visible));
  const auto* const visible = options.visible == nullptr ? &search::Visibility::everything() : options.visible;
  const std::vector<Match> found = matches_of(search::guarded(queries, *visible));
  const bool is_forward = options.direction == SearchOptions::Direction::forward;
  std::size_t at = is_forward ? 0 : found.size();  // the boundary that the page grows away from
  if (!options.from.empty()) {
    VESTA_TRY(const SortTuple from, decode_position(queries, definitions_, options.from));
    const auto comes_before = [&](const Match& match) {
      const int order = compare(queries.front().sort, tuple_of(queries, match), from);
      return is_forward ? order <= 0 : order < 0;
    };
    at = static_cast<std::size_t>(std::partition_point(found.begin(), found.end(), comes_before) - found.begin());
  }
  SearchPage page;
  if (options.total != search::Total::none || options.count == 0) page.total = found.size();
  if (options.explain) page.explanation = search::PlanStep{"every resource, by the matcher", {}, found.size(), {}, {}};
  const std::size_t count = std::min(options.count, kMaxPageSize);
  std::size_t begin = at, end = at;
  for (std::size_t bytes = 0; end - begin < count && (is_forward ? end < found.size() : begin > 0);) {
    if (begin != end && bytes >= options.max_bytes) break;
    bytes += found[is_forward ? end++ : --begin].record->current().tail.size();
  }
  if (begin == end) return page;
  const auto position = [&](std::size_t index) {
    return encode_position(queries, definitions_, tuple_of(queries, found[index]));
  };
  if (end < found.size()) page.next = position(end - 1);
  if (begin > 0) page.previous = position(begin);
  std::vector<const Record*> matched;
  for (std::size_t index = begin; index < end; ++index) matched.push_back(found[index].record);
  for (std::size_t index = begin; index < end; ++index) page.entries.push_back(found[index].version());
  VESTA_CHECK_OK(add_included(options, Links(*this, queries.front().base_url), matched, page.included));
  return page;
}

// Round by round: the first from the matches, each further one from what the one before brought, by what iterates.
Status MemoryStore::add_included(const SearchOptions& options, const Links& links, std::vector<const Record*> from,
                                 std::vector<Version>& included) const {
  const auto is_seen = [&](const Record& record) {
    const search::Subject subject = subject_of(record);
    return options.visible == nullptr || search::matches(options.visible->guard(subject.type), subject, &links);
  };
  std::set<const Record*> seen(from.begin(), from.end());
  std::map<std::int64_t, const Record*> added;
  for (bool is_first = true; !from.empty(); is_first = false) {
    std::vector<const Record*> found;
    const auto add = [&](const Record* record) {
      if (record == nullptr || !record->values || !seen.insert(record).second) return;
      if (is_seen(*record)) found.push_back(record);
    };
    for (const search::Include& include : options.includes) {
      if (!is_first && !include.iterate) continue;
      for (const Record* record : from) follow(include, links, *record, add);
    }
    for (const Record* record : found) added[record->key] = record;
    if (added.size() > search::kMaxIncluded) {
      return make_error(Category::too_large, "more than " + std::to_string(search::kMaxIncluded) +
                                                 " resources would be included: ask for smaller pages by _count");
    }
    from = std::move(found);
  }
  for (const auto& [key, record] : added) included.push_back(record->current());
  return kOk;
}

void MemoryStore::follow(const search::Include& include, const Links& links, const Record& record,
                         const std::function<void(const Record*)>& add) const {
  const auto leads = [&](const search::Subject& source, const search::Subject& target) {
    if (include.source != fhir::kNoType && include.source != source.type) return false;
    if (include.target != fhir::kNoType && include.target != target.type) return false;
    return std::ranges::any_of(registry_.parameters_of(source.type), [&](const search::Parameter* parameter) {
      const bool is_meant = include.parameter == nullptr
                                ? parameter->kind == fhir::SearchParamType::reference &&
                                      registry_.readiness(parameter->id) == search::Readiness::ready
                                : include.parameter->id == parameter->id;
      return is_meant && search::refers_to(links, *parameter, source, target);
    });
  };
  const bool is_forward = include.direction == search::Include::Direction::forward;
  const search::Subject subject = subject_of(record);
  for (const auto& [name, other] : records_) {
    if (!other.values) continue;
    if (is_forward ? leads(subject, subject_of(other)) : leads(subject_of(other), subject)) add(&other);
  }
}

// What must hold before a WriteSet is applied; see Write::expected and Condition.
Status MemoryStore::check(const WriteSet& writes) const {
  VESTA_CHECK_OK(check_limits(writes));
  VESTA_CHECK_OK(check_generation(writes, registry_));
  for (const Condition& condition : writes.conditions) {
    std::vector<std::string> ids;
    for (const Match& match : matches_of({&condition.query, 1})) ids.push_back(match.record->current().id);
    std::vector<std::string> expected = condition.matches;
    std::sort(ids.begin(), ids.end());
    std::sort(expected.begin(), expected.end());
    if (ids != expected) return make_error(Category::conflict, "the matches of a condition have changed");
  }
  VESTA_CHECK_OK(check_properties(writes, properties_));
  for (const Write& write : writes.writes) {
    const Record* record = find(write.type, write.id);
    const std::uint64_t current = record == nullptr ? 0 : record->current().version.value;
    if (current != write.expected.value) {
      return make_error(Category::conflict, write.id + " is at version " + std::to_string(current) + ", not at " +
                                                std::to_string(write.expected.value));
    }
    if (write.kind == Write::Kind::index) {
      if (record != nullptr && record->values) continue;
      return make_error(Category::conflict, write.id + " was deleted");
    }
    search::IndexValues indexed, removed = write.removed;
    if (record != nullptr && record->values) indexed = record->values->values();
    search::keep_ready(registry_, indexed);
    search::keep_ready(registry_, removed);
    if (indexed != removed) {
      return make_error(Category::internal, "the index values to remove of " + write.id + " are not those it has");
    }
  }
  return kOk;
}

Result<std::vector<Written>> MemoryStore::commit(WriteSet& writes) {
  const std::lock_guard lock(mutex_);
  VESTA_CHECK_OK(check(writes));
  // Whole milliseconds: what is compared in a search is then what the text of the resource says.
  const std::int64_t now = clock_.now().value;
  last_updated_ = std::max(last_updated_, Instant{now - now % kMicrosecondsPerMillisecond});
  std::vector<Written> written;
  for (Write& write : writes.writes) {
    const ResourceName name{write.type, write.id};
    Record& record = records_[name];
    if (write.kind == Write::Kind::index) {
      const bool changed = record.values->values() != write.added;
      record.values = std::make_unique<OwnedValues>(write.added);
      written.push_back({write.expected, {}, {}, changed});
      continue;
    }
    if (record.key == 0) record.key = order_.new_key(name);
    if (write.last_updated) last_updated_ = *write.last_updated;
    const bool is_put = write.kind == Write::Kind::put;
    record.versions.push_back({write.type,
                               write.id,
                               {record.versions.size() + 1},
                               last_updated_,
                               {next_seq_++},
                               !is_put,
                               is_put ? write.tail : std::string()});
    record.values = is_put ? std::make_unique<OwnedValues>(write.added) : nullptr;
    const Version& version = record.current();
    newest_of_[write.type] = version.seq;
    log_[version.seq.value] = {name, record.versions.size() - 1};
    written.push_back({version.version, version.last_updated, version.seq});
  }
  for (const auto& [key, value] : writes.properties) properties_[key] = value;
  for (const std::string& key : writes.removed_properties) properties_.erase(key);
  for (const std::string& record : writes.audit) {
    const std::uint64_t number = audit_.size() + 1;
    audit_.push_back({number, record, audit_hash(audit_.empty() ? std::string() : audit_.back().hash, number, record)});
  }
  return written;
}

Result<std::vector<AuditEntry>> MemoryStore::audit(std::uint64_t after, std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<AuditEntry> entries;
  std::size_t bytes = 0;
  for (std::uint64_t at = after; at < audit_.size() && entries.size() < count && bytes < kMaxPageBytes; ++at) {
    entries.push_back(audit_[at]);
    bytes += entries.back().record.size();
  }
  return entries;
}

Result<std::vector<Version>> MemoryStore::changes(CommitSeq after, std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<Version> found;
  std::size_t bytes = 0;
  for (auto at = log_.upper_bound(after.value); at != log_.end() && found.size() < count && bytes < kMaxPageBytes;
       ++at) {
    found.push_back(records_.at(at->second.first).versions[at->second.second]);
    bytes += found.back().tail.size();
  }
  return found;
}

CommitSeq MemoryStore::newest() {
  const std::lock_guard lock(mutex_);
  return {next_seq_ - 1};
}

CommitSeq MemoryStore::newest(fhir::TypeId type) {
  const std::lock_guard lock(mutex_);
  const auto found = newest_of_.find(type);
  return found == newest_of_.end() ? CommitSeq() : found->second;
}

std::uint64_t MemoryStore::newest_audit() {
  const std::lock_guard lock(mutex_);
  return audit_.size();
}

Result<std::optional<std::string>> MemoryStore::property(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = properties_.find(key);
  return found == properties_.end() ? std::optional<std::string>() : found->second;
}

Result<std::vector<Property>> MemoryStore::properties(std::string_view after, std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<Property> found;
  for (auto at = properties_.upper_bound(after); at != properties_.end() && found.size() < count; ++at) {
    found.emplace_back(*at);
  }
  return found;
}

Result<std::vector<PlaceInOrder>> MemoryStore::places(std::uint64_t after, std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  return places_of(records_, after, count);
}

Status MemoryStore::take_over(std::span<const PlaceInOrder> places, std::uint64_t index_epoch) {
  const std::lock_guard lock(mutex_);
  for (const PlaceInOrder& place : places) {
    const Record* record = find(place.type, place.id);
    VESTA_CHECK_OK(order_.take(place, record == nullptr ? 0 : record->key));
  }
  index_epoch_ = std::max(index_epoch_, index_epoch);
  return kOk;
}

Result<Statistics> MemoryStore::statistics() {
  const std::lock_guard lock(mutex_);
  Statistics statistics;
  for (const auto& [name, record] : records_) {
    if (record.values) ++statistics.resources;
    for (const Version& version : record.versions) statistics.bytes += version.tail.size();
  }
  statistics.versions = log_.size();
  statistics.last_seq = {next_seq_ - 1};
  statistics.index_epoch = index_epoch_;
  return statistics;
}

Result<bool> MemoryStore::forget(const std::vector<search::ParameterId>& parameters) {
  const std::lock_guard lock(mutex_);
  const auto is_unused = [&](search::ParameterId id) {
    return registry_.readiness(id) == search::Readiness::retired ||
           std::find(parameters.begin(), parameters.end(), id) != parameters.end();
  };
  for (auto& [name, record] : records_) {
    if (!record.values) continue;
    search::IndexValues values = record.values->values();
    search::erase_values(values, is_unused);
    if (values != record.values->values()) record.values = std::make_unique<OwnedValues>(values);
  }
  return true;
}

Result<std::uint64_t> MemoryStore::verify(const Extract& extract, const std::function<void(std::string)>& report) {
  const std::lock_guard lock(mutex_);
  std::uint64_t looked_at = 0;
  for (const auto& [name, record] : records_) {
    ++looked_at;
    if (!record.values) continue;
    const std::string title = std::string(definitions_.type(name.first).name) + "/" + name.second;
    const Result<search::IndexValues> values = extract(record.current());
    if (!values.ok()) {
      report(title + ": its index values cannot be extracted: " + values.error().message);
    } else if (ready_of(*values) != ready_of(record.values->values())) {
      report(title + ": its index values are not those of its text");
    }
  }
  return looked_at;
}

}  // namespace

std::unique_ptr<Store> open(const search::Registry& registry, Clock& clock) {
  return std::make_unique<MemoryStore>(registry, clock);
}

}  // namespace vesta::store::memory
