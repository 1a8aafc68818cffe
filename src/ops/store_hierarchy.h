// StoreHierarchy: the resources above and below one another in a store, by the reference to their own type.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "access/guarded_store.h"
#include "ops/context.h"
#include "search/hierarchy.h"
#include "search/parameter.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxHierarchy = 1000;  // resources above or below one; a plan names each

// The reference parameter of `type` that says what its resources are parts of: `partof` or `part-of`, if the type
// itself is its only target; else the only parameter of that kind. Null: the type has no hierarchy.
const search::Parameter* hierarchy_parameter(const search::Registry& registry, fhir::TypeId type);

// As the store's principal sees it: nothing leads over what is hidden. Thread-safe. The registry outlives it. Circles
// end where they began.
class StoreHierarchy : public search::Hierarchy {
 public:
  StoreHierarchy(const search::Registry& registry, access::GuardedStore store, std::string base_url)
      : registry_(registry), store_(std::move(store)), base_url_(std::move(base_url)) {}

  Result<std::vector<search::ResourceName>> below(const search::ResourceName& name) const override;
  Result<std::vector<search::ResourceName>> above(const search::ResourceName& name) const override;

 private:
  Result<std::vector<search::ResourceName>> closure(const search::ResourceName& name, search::Plan::Kind step) const;

  const search::Registry& registry_;
  const access::GuardedStore store_;
  const std::string base_url_;
};

// Of one who asks. Those whom a search passes on its way are no part of its answer: the audit does not name them.
StoreHierarchy hierarchy_of(const Context& context);

}  // namespace vesta::ops
