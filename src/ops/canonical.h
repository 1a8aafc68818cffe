// Resources by their canonical URLs. https://hl7.org/fhir/R4/references.html#canonical
#pragma once

#include <optional>
#include <string_view>

#include "access/guarded_store.h"
#include "base/result.h"
#include "search/parameter.h"

namespace vesta::ops {

// A type that has canonical URLs, with the search parameters that find them.
struct CanonicalType {
  // `name` is that of a resource type with the parameters url, version and status.
  static CanonicalType of(const search::Registry& registry, std::string_view name);

  fhir::TypeId type = fhir::kNoType;
  const search::Parameter* url = nullptr;
  const search::Parameter* version = nullptr;
  const search::Parameter* status = nullptr;
};

// The active one before a draft before a retired one before the rest; of several the one that was written last.
// `version` empty: any. Errors: those of the store.
Result<std::optional<store::Version>> find_canonical(const access::GuardedStore& store, const CanonicalType& type,
                                                     std::string_view url, std::string_view version);

}  // namespace vesta::ops
