// The matcher: the meaning of a plan, and the order of a sort, on index values in memory. The reference of every
// engine.
#pragma once

#include <span>
#include <string_view>

#include "base/ids.h"
#include "search/index_value.h"
#include "search/plan.h"

namespace vesta::search {

// What a plan is decided on: one current, not deleted resource.
struct Subject {
  fhir::TypeId type;
  std::string_view id;
  Instant last_updated;
  const IndexValues* values;
};

bool matches(const Plan& plan, const Subject& subject);
bool matches(const Leaf& leaf, const Subject& subject);

// Less than, by the sort keys alone (see SortKey); equal resources keep the store's order.
bool sorts_before(std::span<const SortKey> sort, const Subject& left, const Subject& right,
                  const fhir::Definitions& definitions);

}  // namespace vesta::search
