// IdOwners: which types have a resource of an id, asked for references that are searched by an id alone.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"

namespace vesta::search {

// Search knows no stores, so who parses a query hands in one of these. Called on the thread of the query. Errors are
// those of the store.
class IdOwners {
 public:
  virtual ~IdOwners() = default;

  // Those of `types` that have a current resource of this id; no more than two of them.
  virtual Result<std::vector<fhir::TypeId>> two_with(std::string_view id,
                                                     std::span<const fhir::TypeId> types) const = 0;
};

}  // namespace vesta::search
