// The limits of a WriteSet, checked by every engine before anything is written.
#pragma once

#include <string>

#include "store/store.h"

namespace vesta::store {

// Errors: too_large.
inline Status check_limits(const WriteSet& writes) {
  for (const Condition& condition : writes.conditions) {
    if (condition.matches.size() <= kMaxConditionMatches) continue;
    return make_error(Category::too_large, "a condition names " + std::to_string(condition.matches.size()) +
                                               " matches, more than " + std::to_string(kMaxConditionMatches));
  }
  return kOk;
}

}  // namespace vesta::store
