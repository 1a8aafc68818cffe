// any_of: one plan of alternatives.
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

}  // namespace vesta::search
