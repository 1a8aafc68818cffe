// Store: the contract of a storage engine. store/contract_test_suite.h is its definition; every engine passes it.
//
// Thread-safe: any thread may call anything at any time. Every call blocks; none throws. What a call returns is a
// consistent state of the store: all of a WriteSet or nothing of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "search/explanation.h"
#include "search/index_value.h"
#include "search/plan.h"
#include "search/visibility.h"

namespace vesta::store {

// One version of a resource. `tail` is the text as of fhir/envelope.h; empty for a deletion.
struct Version {
  fhir::TypeId type = fhir::kNoType;
  std::string id;
  VersionId version;
  Instant last_updated;
  CommitSeq seq;
  bool deleted = false;
  std::string tail;
  // Of a match of a query of Scope::contained: which of the resources that this version contains is meant.
  std::optional<std::uint32_t> contained = {};
};

// One resource's change. The caller has read the current version, and hands over its index values to take away.
//
// `index` makes no version: the index values of the current version, which is `expected` and no deletion, become
// `added`, whatever they were before; `removed` is empty. So a resource is found by what the Registry knows now.
struct Write {
  enum class Kind : std::uint8_t { put, remove, index };
  Kind kind = Kind::put;
  fhir::TypeId type = fhir::kNoType;
  std::string id;
  // The version that must be current when the commit happens: zero if the resource must never have existed. A deleted
  // resource's current version is its deletion. Another one: Category::conflict, and nothing is committed.
  VersionId expected;
  std::string tail;             // put only
  search::IndexValues added;    // of the new version; empty for remove
  search::IndexValues removed;  // of the version `expected`; empty if that is zero or a deletion
  // Of a copy (store/copy.h): when the version was made, in place of now. Not before the newest version's.
  std::optional<Instant> last_updated = {};
  // The id was drawn for it, so that nothing has it: who decides whether it may be written need not look.
  bool has_new_id = false;
};

// Must hold inside the commit's transaction, before its own writes: the matches of `query` are exactly `matches` (ids,
// in any order), not one more and not one less, however many there are. Else Category::conflict. More than
// kMaxConditionMatches named: Category::too_large. Makes conditional interactions safe against races.
struct Condition {
  search::Query query;
  std::vector<std::string> matches;
};

// One entry of the audit log, which only grows. The engine numbers the records from 1 in the order of commits, and
// chains them by store/audit_chain.h, so that a change, a gap and another order can be found. What a record says is its
// writer's.
struct AuditEntry {
  std::uint64_t number = 0;
  std::string record;
  std::string hash;
  bool operator==(const AuditEntry&) const = default;
};
inline constexpr std::size_t kMaxAuditRecordBytes = 64 << 10;

using Property = std::pair<std::string, std::string>;  // a small durable key-value
// What a property must be; nullopt: not there.
using ExpectedProperty = std::pair<std::string, std::optional<std::string>>;

// A resource's place in the order of creation: what breaks ties of searches, and what positions of pages say.
struct PlaceInOrder {
  std::uint64_t key = 0;
  fhir::TypeId type = fhir::kNoType;
  std::string id;
  bool operator==(const PlaceInOrder&) const = default;
};
inline constexpr std::uint32_t kMaxPlaces = 1000;  // of one take_over

// What commits together or not at all. No (type, id) occurs twice in `writes`. Views inside the index values point into
// storage that the caller keeps alive until `commit` returns.
struct WriteSet {
  std::vector<Write> writes;
  std::vector<Condition> conditions;
  std::vector<Property> properties;             // set by the same commit
  std::vector<std::string> removed_properties;  // taken away by it, where they are there; none of them is set by it
  // Must hold inside the commit's transaction, before its own are set. Else Category::conflict.
  std::vector<ExpectedProperty> expected_properties;
  std::vector<std::string> audit;  // appended to the audit log in this order; alone they raise no CommitSeq
  // Registry::generation() as it was before the index values were extracted. If the Registry has gone on when the
  // commit happens, values may be missing: Category::conflict; and so in an engine that several nodes share, if there
  // are definitions in the store that the Registry does not know (Registry::known). Not looked at where nothing is
  // written.
  std::uint64_t generation = 0;
};

// Per write, in order. Of an `index`: the version that stays, and whether the index lacked or had anything else.
struct Written {
  VersionId version;
  Instant last_updated = {};
  CommitSeq seq = {};
  bool changed = true;
};

// Of one Condition. Not below kMaxPageSize: a page of a search that was the only one can be held to.
inline constexpr std::size_t kMaxConditionMatches = 1000;

// Where a page ended: opaque to the callers, bytes of the engine's choice (sort values and the tie-breaker of the last
// entry). Empty: the start. A position stays valid while others write; unchanged resources are neither repeated nor
// skipped.
using Position = std::string;

inline constexpr std::uint32_t kMaxPageSize = 1000;
// A page of a search, a history or the change feed ends early, with at least one entry, once its texts have so many
// bytes.
inline constexpr std::size_t kMaxPageBytes = 32 << 20;

struct SearchPage {
  std::vector<Version> entries;        // at most `count`, in the order of the search, whatever the direction
  std::optional<Position> next;        // of the last entry; absent: nothing comes after it
  std::optional<Position> previous;    // of the first entry; absent: nothing comes before it
  std::optional<std::uint64_t> total;  // of all queries, of the same state as the entries, if asked for
  std::vector<Version> included;       // of the same state; each resource once, none that is in `entries`
  std::optional<search::PlanStep> explanation;
};
struct SearchOptions {
  enum class Direction : std::uint8_t { forward, backward };

  std::uint32_t count = 0;  // at most kMaxPageSize; 0: total only
  // The page begins behind this, or (backward) ends before it. Category::invalid if it is not one of a search over
  // queries of these types and sorts.
  Position from = {};
  Direction direction = Direction::forward;
  search::Total total = search::Total::none;
  // Ends the page earlier than kMaxPageBytes: for one that is put together from several pages, what is left of it.
  std::size_t max_bytes = kMaxPageBytes;
  std::vector<search::Include> includes = {};  // more than kMaxIncluded resources: Category::too_large
  // Matches, and what is included, must be seen by it, and what is not leads no further; null: everything is seen. What
  // the queries ask of other resources, and of hidden elements, is the caller's to restrict: search::restrict_parts,
  // which refuses those of Scope::contained.
  const search::Visibility* visible = nullptr;
  bool explain = false;
};

// Newest first. Type and id absent: the whole store; id absent: the type.
struct HistoryQuery {
  std::optional<fhir::TypeId> type = {};
  std::optional<std::string> id = {};
  std::optional<Instant> since = {};    // last_updated >= since
  std::optional<Instant> at_most = {};  // last_updated < at_most
  std::uint32_t count = 0;
  CommitSeq before = {};  // only versions with a smaller seq; zero: from the newest
};
struct HistoryPage {
  std::vector<Version> entries;
  bool more = false;
  // Where somebody left entries out: what was looked at before the page ended. Zero: the last entry was.
  CommitSeq upto = {};
  std::optional<std::uint64_t> total;  // of the whole query, without `before`; counted when `before` is zero
};

struct Statistics {
  std::uint64_t resources = 0;  // current, not deleted
  std::uint64_t versions = 0;
  std::uint64_t bytes = 0;  // on disk, everything included
  CommitSeq last_seq;
  // Raised when the engine makes its whole index anew, by R4's parameters: what custom ones had in it is gone then.
  std::uint64_t index_epoch = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // nullopt: never existed. A deletion is returned as a Version with `deleted`.
  virtual Result<std::optional<Version>> read(fhir::TypeId type, std::string_view id) = 0;
  // Before a read: calls `go` once, if the store does not end before, when it need not wait for what other nodes wrote
  // before now; at once, or later on a thread of the store's. What is read in the ArrivalScope of an earlier time, as
  // the first thing, waits no more.
  virtual void when_readable(fhir::TypeId, std::string_view, std::function<void()> go) { go(); }
  virtual Result<std::optional<Version>> read_version(fhir::TypeId type, std::string_view id, VersionId version) = 0;
  virtual Result<HistoryPage> history(const HistoryQuery& query) = 0;
  // One page over all `queries`, of one state: what each of them matches, in one order. Unsorted it is query after
  // query, each in the order of creation; sorted, the sort keys decide, then the place of the query, then creation.
  // There is one query at least, no resource matches two of them, and their sort keys agree in number, kinds and
  // directions. Errors beyond those of SearchOptions: what search::check_ready says of parameters that were ready when
  // the query was made, and are not any more.
  virtual Result<SearchPage> search(std::span<const search::Query> queries, const SearchOptions& options) = 0;
  Result<SearchPage> search(const search::Query& query, const SearchOptions& options) {
    return search(std::span(&query, 1), options);
  }

  // Durable when it returns. Versions are numbered from 1 per resource; `last_updated` never goes backwards in the
  // order of `seq`. Writes of a WriteSet get consecutive seqs in their order. Errors: conflict (see Write and
  // Condition), too_large (see Condition; a record of more than kMaxAuditRecordBytes), busy (the commit queue is full),
  // unavailable (disk full, I/O error: nothing was committed).
  virtual Result<std::vector<Written>> commit(WriteSet& writes) = 0;

  // The change feed: versions with seq > after, ascending, at most `count`, and early by kMaxPageBytes: so fewer than
  // `count` do not mean the end of it, only none do.
  virtual Result<std::vector<Version>> changes(CommitSeq after, std::uint32_t count) = 0;

  // The newest seq that was committed; zero: none was. As cheap as a look into memory: as long as it stays the same,
  // what was read after it was asked for is what would be read now.
  virtual CommitSeq newest() = 0;
  // The same of what was read of one type: a number that changes with each version of it, if not with those alone.
  virtual CommitSeq newest(fhir::TypeId type) = 0;

  // The audit log: entries with number > after, ascending, at most `count`, and early by kMaxPageBytes as `changes`.
  virtual Result<std::vector<AuditEntry>> audit(std::uint64_t after, std::uint32_t count) = 0;

  // The number of its last entry that is durable; zero: there is none. As cheap as `newest`.
  virtual std::uint64_t newest_audit() = 0;

  virtual Result<std::optional<std::string>> property(std::string_view key) = 0;
  // All that are there, with key > after, by their keys' bytes, at most `count`.
  virtual Result<std::vector<Property>> properties(std::string_view after, std::uint32_t count) = 0;

  // Of all resources that have a version, deleted ones too: key > after, ascending, at most `count`.
  virtual Result<std::vector<PlaceInOrder>> places(std::uint64_t after, std::uint32_t count) = 0;
  // For a copy, before the versions of these resources: they get these places, at most kMaxPlaces at once, when they
  // are created, and Statistics::index_epoch is at least `index_epoch`. Errors: conflict: a resource has another place.
  virtual Status take_over(std::span<const PlaceInOrder> places, std::uint64_t index_epoch) = 0;
  virtual Result<Statistics> statistics() = 0;
  // Ready to be written to? Ok, or why not: busy while the index is being rebuilt, which ends of itself; unavailable if
  // that has failed, or for any other reason.
  virtual Status writable() = 0;

  // Takes index values away, as many as a small commit may: those of `parameters`, and those of parameters that the
  // Registry does not know any more or has retired. True: none are left. Resources keep all else.
  virtual Result<bool> forget(const std::vector<search::ParameterId>& parameters) = 0;

  // Verifies the store's own structures (page checks, every version's chain and body, index rows against `extract`'s
  // answer for each current resource, of the parameters that are ready) and calls `report` once per finding; a resource
  // that `extract` refuses is one.
  // Returns the number of resources looked at.
  using Extract = std::function<Result<search::IndexValues>(const Version&)>;
  virtual Result<std::uint64_t> verify(const Extract& extract, const std::function<void(std::string)>& report) = 0;
};

}  // namespace vesta::store
