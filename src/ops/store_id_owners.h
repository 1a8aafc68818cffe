// StoreIdOwners: who has an id, as the one who asks sees the store.
#pragma once

#include "ops/context.h"
#include "search/id_owners.h"

namespace vesta::ops {

// For one request, whose context outlives it.
class StoreIdOwners : public search::IdOwners {
 public:
  explicit StoreIdOwners(const Context& context) : context_(context) {}

  Result<std::vector<fhir::TypeId>> two_with(std::string_view id, std::span<const fhir::TypeId> types) const override;

 private:
  const Context& context_;
};

}  // namespace vesta::ops
