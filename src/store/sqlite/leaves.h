// Leaves: one leaf of a plan on the index tables: its rows in the order of keys, its count, and its test on one
// resource.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "search/plan.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace vesta::store::sqlite {

using Keys = std::vector<std::int64_t>;  // of resources; sorted, without duplicates, unless said otherwise

// In which order keys are looked for: ascending, or descending.
using Direction = SearchOptions::Direction;
constexpr std::int64_t start_of(Direction direction) {
  return direction == Direction::forward ? 0 : INT64_MAX;
}
constexpr std::int64_t end_of(Direction direction) {
  return direction == Direction::forward ? INT64_MAX : 0;
}

// A leaf whose rows stand together, in the order of keys: a code of one system, one reference target, a uri, a word.
struct Equality {
  enum class Table { token, reference, uri, word };
  Table table = Table::token;
  std::int64_t param = 0;
  std::int64_t target = 0;   // reference
  std::string text;          // code or uri; of a word: the full text query
  std::int64_t system = -1;  // token; -1: `system_text`
  std::string system_text;

  bool operator==(const Equality&) const = default;
};

// The resources that refer to any of the targets by the parameter.
struct TargetSet {
  std::int64_t param = 0;
  std::shared_ptr<const Keys> targets;  // a set is known by where they stand

  bool operator==(const TargetSet&) const = default;
};

// Those of a value that a shared plan lets through; `edition`: which of its decisions (see SharedPlan).
struct DecidedValue {
  Equality equality;
  std::uint64_t edition = 0;

  bool operator==(const DecidedValue&) const = default;
};

// A code of any system as that code of each system that it has rows of; not more than `limit`.
Result<std::vector<Equality>> of_each_system(Connection& connection, const Equality& code, std::size_t limit);

// The keys k of the leaf with from < k <= to, the smallest ones; backward: to <= k < from, the greatest ones. At most
// `limit` rows (so perhaps fewer keys).
struct KeyRange {
  std::int64_t from = 0;
  std::int64_t to = INT64_MAX;
  std::int64_t limit = 0;
  Direction direction = Direction::forward;
};
struct KeyPage {
  Keys keys;              // ascending in both directions
  std::int64_t upto = 0;  // every key of the leaf from `from` up to and with this is in `keys`; end_of(direction): all
};
Result<KeyPage> equality_keys(Connection& connection, const Equality& equality, const KeyRange& range);
// The number of rows, or `limit` if there are at least so many.
Result<std::int64_t> equality_rows(Connection& connection, const Equality& equality, std::int64_t limit);
// The exact number of different keys.
Result<std::uint64_t> equality_count(Connection& connection, const Equality& equality);
// Appends those of `keys` that have a row to `found`, by a look-up for each.
Status equality_look_up(Connection& connection, const Equality& equality, std::span<const std::int64_t> keys,
                        Keys& found);

// A leaf whose matches are found by looking at a stretch of index rows, each decided by search's own rule.
//   date, number, quantity, string, position, composite, uri with what is below it: their tables;
//   token without a code, sets of tokens: the parameter's rows, or those of the codes;
//   _lastUpdated: the resources of the type in the order of commits;
//   presence: all rows of the parameter, if it is present where it has a value and nowhere else.
struct RangeScan {
  const search::Leaf* leaf = nullptr;
  std::int64_t param = 0;
  std::int64_t type = 0;  // _lastUpdated
};
// Calls `visit` with the key of each matching row (in no order, keys may repeat) until it returns false. Gives the
// number of rows that were looked at.
Result<std::int64_t> visit_range(Connection& connection, const Catalog& catalog, const RangeScan& scan,
                                 const std::function<bool(std::int64_t key)>& visit, std::int64_t row_limit);
// All keys; nullopt: more than `row_limit` rows would have to be looked at.
Result<std::optional<Keys>> range_keys(Connection& connection, const Catalog& catalog, const RangeScan& scan,
                                       std::int64_t row_limit);

// The first seq of a current resource (or of a version in the history) whose last_updated is at least `stored_time`;
// INT64_MAX: there is none. Works because last_updated never goes backwards in the order of seq.
enum class SeqTable { resource, history };
Result<std::int64_t> seq_at_time(Connection& connection, std::int64_t stored_time, SeqTable table = SeqTable::resource);

}  // namespace vesta::store::sqlite
