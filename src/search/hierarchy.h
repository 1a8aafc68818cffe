// Hierarchy: where `:above` and `:below` of references get the resources above and below another one from.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"

namespace vesta::search {

// A resource of this server by its name.
struct ResourceName {
  fhir::TypeId type = fhir::kNoType;
  std::string id;
  auto operator<=>(const ResourceName&) const = default;
};

// Resources that are parts of each other: Location.partOf, Organization.partOf … Search knows no stores, so who parses
// a query hands in one of these. Called on the thread of the query.
//
// Errors are the answer to the client: unsupported (the type has no hierarchy), too_large (its limit of resources).
// https://hl7.org/fhir/R4/search.html#recursive
class Hierarchy {
 public:
  virtual ~Hierarchy() = default;

  // The resource itself and all that are parts of it, of its type; `name` alone where there is no such resource.
  virtual Result<std::vector<ResourceName>> below(const ResourceName& name) const = 0;
  // The resource itself and all that it is a part of.
  virtual Result<std::vector<ResourceName>> above(const ResourceName& name) const = 0;
};

}  // namespace vesta::search
