// Combine: one plan of several, without layers that say nothing.
#pragma once

#include <utility>
#include <vector>

#include "search/plan.h"

namespace vesta::search {

// Holds where one of them does. There is at least one; of a single one it is that.
inline Plan any_of(std::vector<Plan> alternatives) {
  return alternatives.size() == 1 ? std::move(alternatives.front())
                                  : Plan::make(Plan::Kind::or_, std::move(alternatives));
}

// Holds where all of them do; of none, everywhere.
inline Plan all_of(std::vector<Plan> criteria) {
  if (criteria.empty()) return Plan::make_all();
  return criteria.size() == 1 ? std::move(criteria.front()) : Plan::make(Plan::Kind::and_, std::move(criteria));
}
inline Plan both(Plan left, Plan right) {
  if (left.kind == Plan::Kind::all) return right;
  if (right.kind == Plan::Kind::all) return left;
  std::vector<Plan> criteria;
  criteria.reserve(2);
  criteria.push_back(std::move(left));
  criteria.push_back(std::move(right));
  return all_of(std::move(criteria));
}

}  // namespace vesta::search
