// Executor: which resources a bound plan matches, in the order of keys. `drive` proposes candidates, `filter` decides.
//
// Its functions stand in executor.cc, drive.cc, filter.cc, link.cc (chains and _has), shared.cc (shared plans),
// estimate.cc (the choices) and keep.cc (what is kept between searches).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "store/sqlite/plan_node.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/tuning.h"
#include "store/sqlite/value_counts.h"

namespace vesta::store::sqlite {

// One resource's sortable and testable parts.
struct ResourceFacts {
  Instant last_updated;
  std::string indexed;  // see values.h
  std::int64_t type = 0;
  State state = State::named;
};

// A filter and a sort look at the same resources one after the other: so many are kept between them.
inline constexpr std::size_t kMaxRememberedFacts = 4'096;

// Works within the read transaction of its connection; one per search; not thread-safe.
class Executor {
 public:
  enum class Goal { first_page, everything };  // how much may be spent on gathering a range at once

  // `counts` and `values`: what is kept between searches; null: nothing is.
  Executor(Connection& connection, const Catalog& catalog, std::int64_t type, Goal goal, const Tuning& tuning,
           ValueCounts* counts, ValueView* values)
      : Executor(connection, catalog, type, goal, tuning, counts, values, nullptr) {}

  // Where to look for keys: behind `from` in the direction, about `chunk` candidates.
  struct Step {
    std::int64_t from = 0;
    std::int64_t chunk = 0;
    Direction direction = Direction::forward;
  };
  // All matches between `from`, which is not included, and `upto`.
  Result<KeyPage> matches(PlanNode& node, const Step& step);
  // The number of all matches.
  Result<std::uint64_t> count(PlanNode& node);
  // The same, but once `candidates` were looked at, what they show of all of them.
  Result<std::uint64_t> count_about(PlanNode& node, std::int64_t candidates);
  // The number of all matches, if kept counts tell it.
  Result<std::optional<std::int64_t>> known_count(const PlanNode& node);
  // The keys among `keys` that match.
  Result<Keys> filter(PlanNode& node, Keys keys);
  // True if the plan surely has less than `limit` candidates.
  Result<bool> is_small(PlanNode& node, std::int64_t limit);

  // The executor of another type's plans, on the same state; lives as long as this one.
  Executor& of(std::int64_t type);

  // Notes in each node's stats what happens to it. Before anything else.
  void explain() { explains_ = true; }

  // Valid until the next call.
  Result<const ResourceFacts*> facts(std::int64_t key);
  // The same, if they were asked for before; else null.
  const ResourceFacts* remembered_facts(std::int64_t key) const;
  // The number of current resources of the type.
  Result<std::int64_t> type_size();
  // What a first page may spend on candidates that come in no order. When M of R resources match, a page costs so and
  // so much times R / M if they are tested in the order of keys, and so and so much times M if all matches are
  // gathered: the two are the same when M is the root of some factor times R.
  static std::int64_t page_limit(std::int64_t factor, std::int64_t resources);

  Connection& connection() { return connection_; }
  const Catalog& catalog() const { return catalog_; }
  std::int64_t type() const { return type_; }
  Scope scope() const { return catalog_.scope_of(type_); }
  // 0: no resource of the type has it.
  std::int64_t parameter_number(const search::Parameter& parameter) const {
    return catalog_.find_parameter(parameter.id, scope());
  }
  const Tuning& tuning() const { return tuning_; }

 private:
  Executor(Connection& connection, const Catalog& catalog, std::int64_t type, Goal goal, const Tuning& tuning,
           ValueCounts* counts, ValueView* values, Executor* root)
      : connection_(connection),
        catalog_(catalog),
        type_(type),
        goal_(goal),
        tuning_(tuning),
        counts_(counts),
        values_(values),
        root_(root) {}

  // A superset of the node's matches between `from` and `upto`.
  Result<KeyPage> drive(PlanNode& node, const Step& step);
  Result<KeyPage> drive_node(PlanNode& node, const Step& step);
  Result<KeyPage> drive_type(const Step& step);
  Result<KeyPage> drive_and(PlanNode& node, const Step& step);
  Result<KeyPage> drive_or(PlanNode& node, const Step& step);
  Result<KeyPage> drive_link(PlanNode& node, const Step& step);
  Result<bool> gather_to_drive(PlanNode& node);
  Result<KeyPage> drive_targets(PlanNode& node, const Step& step);
  // Does what `drive` gives for this node need no filter?
  bool is_exact(const PlanNode& node) const;

  Result<bool> has_many(PlanNode& child);
  Result<std::optional<int>> only_driver(PlanNode& node);
  Status choose_driver(PlanNode& node);
  // Makes a child the driver that was gathered meanwhile, if it has no more keys than were looked at.
  static void change_driver(PlanNode& node);
  Status look_for_driver(PlanNode& node, std::int64_t limit, bool with_unordered, std::int64_t& least);
  // The number of candidates, or `limit` if there are so many or it is not known.
  Result<std::int64_t> estimate(PlanNode& node, std::int64_t limit);
  Result<std::int64_t> estimate_node(PlanNode& node, std::int64_t limit);
  Result<std::int64_t> estimate_link(PlanNode& node, std::int64_t limit);
  Result<std::int64_t> estimate_shared(PlanNode& node, std::int64_t limit);
  // Binds it, unless that was done.
  Status need_shared(PlanNode& node);

  Result<bool> gather(PlanNode& node, std::int64_t limit);
  // All keys of an equality, if they are kept; else null.
  Result<const Keys*> kept_keys(PlanNode& node);
  // Adds to what was kept of a value that has grown since.
  Status catch_up(const Equality& equality, ValueView::Found& found);
  // A set of targets is gathered if the keys of all its sources are kept.
  void look_for_kept(PlanNode& node);
  // So much was read of an equality or of a set of targets that is not kept, in rows.
  Status note_spent(PlanNode& node, std::int64_t rows);
  Status keep_page(PlanNode& node, const KeyPage& page, const Step& step);
  Status keep_gathered(PlanNode& node);
  Status keep(PlanNode& node);
  Status read_whole(PlanNode& node);
  Status read_all_sources(PlanNode& node);
  Result<std::uint64_t> count_equality(PlanNode& node);
  // Of a conjunction: what it can be kept by, if all of it is a value and a shared plan.
  static std::optional<DecidedValue> decided_value(const PlanNode& node);
  Result<std::uint64_t> count_decided(PlanNode& node, const DecidedValue& of);
  // How many rows of the range cost as much as `rows` of most others.
  static std::int64_t affordable_rows(const PlanNode& node, std::int64_t rows);
  std::int64_t rows_to_drive(const PlanNode& node) const;
  // All matches of a link's child, if there are less than `limit` candidates.
  Result<bool> gather_linked(PlanNode& node, std::int64_t limit);
  // All keys of a link whose child is gathered; false: more than `limit`.
  Result<bool> gather_link(PlanNode& node, std::int64_t limit);
  Result<bool> gather_sources(PlanNode& node, std::int64_t limit);
  Status gather_subjects(PlanNode& node);
  // Of a chain whose other side is gathered: are there less than `limit` references to it?
  Result<bool> has_few_sources(PlanNode& node, std::int64_t limit);

  Result<Keys> filter_node(PlanNode& node, Keys keys);
  Result<Keys> filter_equality(PlanNode& node, const Keys& keys);
  Result<Keys> filter_range(PlanNode& node, const Keys& keys);
  Result<Keys> filter_rows(PlanNode& node, const Keys& keys);
  Result<Keys> filter_link(PlanNode& node, const Keys& keys);
  Result<Keys> filter_chain(PlanNode& node, const Keys& keys);
  Result<Keys> filter_shared(PlanNode& node, Keys keys);
  // By the bound plan; what is decided is kept.
  Result<Keys> decide_shared(PlanNode& node, const Keys& keys);
  Status decide_targets(PlanNode& node, Keys targets);
  // The next candidate of a link's child behind `after`; `after` turns to how far was looked.
  Result<std::optional<std::int64_t>> next_linked(PlanNode& node, std::int64_t& after);
  Result<std::optional<bool>> leap(PlanNode& node, const Equality& sources, std::int64_t& after);
  Result<bool> has_match(PlanNode& node, std::int64_t key);
  Result<bool> any_source_matches(PlanNode& node, const Equality& sources);
  Result<bool> holds(const PlanNode& node, Instant last_updated, std::string_view indexed);
  Result<std::int64_t> count_rows(const Equality& equality, std::int64_t limit);
  // To a resource's row, which must be there: index rows and references have its key.
  static Status step_to_facts(Cursor& cursor);
  const ResourceFacts& remember_facts(std::int64_t key, ResourceFacts facts);
  // What one resource refers to by the link.
  Result<Keys> targets_of(std::int64_t key, const StoredLink& link);
  // What finds the resources that refer to `target` by the link.
  Result<std::vector<Equality>> sources_of(const StoredLink& link, std::int64_t target);
  // The current resources among `keys` that are of this executor's type.
  Result<Keys> current_ones(const Keys& keys);

  Connection& connection_;
  const Catalog& catalog_;
  const std::int64_t type_;
  const Goal goal_;
  const Tuning tuning_;
  ValueCounts* const counts_;
  ValueView* const values_;
  Executor* const root_;                                      // null: this is it
  std::map<std::int64_t, std::unique_ptr<Executor>> others_;  // of the root
  std::unordered_map<std::int64_t, ResourceFacts> facts_;     // of the root; at most kMaxRememberedFacts
  bool explains_ = false;
  std::int64_t type_size_ = -1;  // not known yet
};

// What a look-up of one row, and finding the first row of a page, cost in rows that are passed over.
inline constexpr std::int64_t kRowsPerLookUp = 2;
inline constexpr std::int64_t kRowsPerPage = 2;

// What is in both; sorted.
Keys intersection(const Keys& left, const Keys& right);
// The same, for few `keys` among many.
Keys members(const Keys& keys, const Keys& all);

}  // namespace vesta::store::sqlite
