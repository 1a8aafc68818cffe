// PlanNode: a plan bound to one state of one store: names as numbers, reference targets as keys.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/plan.h"
#include "store/sqlite/leaves.h"

namespace vesta::store::sqlite {

struct PlanNode {
  enum class Kind { none, all, and_, or_, not_, equality, range, id };
  Kind kind = Kind::all;
  std::vector<PlanNode> children;  // of and_: cheap filters first
  Equality equality;
  RangeScan range;
  std::int64_t key = 0;  // id

  // What was learnt about a range while it is executed.
  std::optional<Keys> gathered;   // all of its keys
  std::int64_t failed_limit = 0;  // so many rows were not enough to gather it
  std::int64_t probed = 0;        // keys that were tested one by one
  // Of and_: the child whose keys are the candidates; -1: not chosen yet.
  int driver = -1;
};

// Refers to `plan`, which outlives it. `type`: the number of the query's resource type.
Result<PlanNode> bind_plan(Connection& connection, const Catalog& catalog, std::int64_t type, const search::Plan& plan);

}  // namespace vesta::store::sqlite
