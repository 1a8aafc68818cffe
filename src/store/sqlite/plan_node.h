// PlanNode: a plan bound to one state of one store: names as numbers, reference targets as keys.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "search/plan.h"
#include "search/visibility.h"
#include "store/sqlite/id_keys.h"
#include "store/sqlite/kept_values.h"
#include "store/sqlite/leaves.h"
#include "store/sqlite/shared_plans.h"
#include "store/sqlite/value_counts.h"

namespace vesta::store::sqlite {

// A search::Link in the store's numbers. Made by bind_ways, see ways.h.
struct StoredLink {
  std::int64_t param = 0;
  std::int64_t type = 0;         // of the child
  std::int64_t target_type = 0;  // of what is referred to
  std::string own_urls;          // what absolute references begin with; empty: there are none
  std::int64_t canonical = 0;    // the parameter that has the canonicals; 0: there are none
  std::int64_t names = 0;        // the parameter of `target_type` that has what canonicals lead by

  bool is_local() const { return own_urls.empty() && canonical == 0; }
};

// What happened to a node, if the search is to be explained.
struct NodeStats {
  std::optional<std::uint64_t> estimated;  // candidates
  std::uint64_t proposed = 0;              // candidates that it gave
  std::uint64_t asked = 0;                 // candidates that it was to decide
  std::uint64_t let_through = 0;
  std::chrono::nanoseconds time{0};  // in it and below
  int depth = 0;                     // calls that are under way: only the outermost is timed
  bool is_at_least = false;          // counting `estimated` ended at its limit
};

struct PlanNode {
  // test: a leaf that has no rows of its own and is decided by a resource's row. chain, has: one child, of another
  // type; or none, of a chain whose targets are known as it is bound. ids: any of a set of resources. shared: no child
  // before it is needed, then one.
  enum class Kind { none, all, and_, or_, not_, equality, range, test, id, ids, chain, has, shared };
  Kind kind = Kind::all;
  // Of and_: the child whose keys are the candidates; -1: not chosen yet.
  int driver = -1;
  const search::Plan* source = nullptr;  // what it was made of; null: a part of its parent's leaf
  NodeStats stats;
  std::vector<PlanNode> children;  // of and_: cheap filters first
  Equality equality;
  RangeScan range;                   // range, test
  StoredLink link;                   // chain, has
  std::int64_t key = 0;              // id
  std::shared_ptr<const Keys> keys;  // ids: in any state; not null
  std::shared_ptr<const SharedPlan> shared;

  // What was learnt about a range or a link while it is executed.
  std::shared_ptr<const Keys> gathered;  // all of its keys; null: not known
  std::int64_t failed_limit = 0;         // so many rows were not enough to gather it
  std::optional<CountKey> count_key;     // of a range, once it was needed
  std::int64_t probed = 0;               // keys that were tested one by one
  std::optional<std::int64_t> known;     // the exact number of matches, as kept counts tell
  // Of an equality or a set of targets, once it was needed: what is kept of it, and the rows that were read since that
  // was last noted.
  std::optional<KeptValue> kept;
  std::int64_t unnoted = 0;
  std::int64_t driven = 0;  // of and_: candidates that the driver gave
  // Of links: all matches of the child, and targets of references that were tested one by one.
  std::shared_ptr<const Keys> linked;  // null: not known
  std::int64_t failed_linked = 0;
  bool is_merged = false;  // the last candidates came from the references to each of `linked`
  std::unique_ptr<std::unordered_map<std::int64_t, bool>> decided;  // null: none is

  // A chain to any of `linked`, whatever these say.
  bool is_target_set() const { return kind == Kind::chain && children.empty(); }
};
// OPTIMIZATION: two, as most guarded plans have, are not more than what malloc keeps for each thread.
static_assert(2 * sizeof(PlanNode) <= 1032, "a larger node makes each guarded search slower");

// What plans are bound to.
struct Binding {
  Connection& connection;
  const Catalog& catalog;
  IdKeys* ids;                    // null: what the connection sees may not be committed yet
  std::string_view base_url;      // of the query
  SharedPlans* shared = nullptr;  // null: nothing is kept of shared plans
  std::uint64_t state = 0;        // of them: what SharedPlans::find takes
};
// Into `node`, which is new, and refers to `plan` then, which outlives it. `type`: the number of the query's resource
// type.
Status bind_plan(const Binding& to, std::int64_t type, const search::Plan& plan, PlanNode& node);
// Those of the type that are seen by `visible`, which outlives it too; and what both this and `plan` hold for.
Status bind_guard(const Binding& to, std::int64_t type, const search::Visibility& visible, PlanNode& node);
Status bind_guarded(const Binding& to, std::int64_t type, const search::Plan& plan, const search::Visibility& visible,
                    PlanNode& node);

}  // namespace vesta::store::sqlite
