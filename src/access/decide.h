// Decide: whether a resource satisfies a plan, in a state that the store does not have, or not as the current one.
#pragma once

#include <string_view>

#include "base/result.h"
#include "search/matcher.h"
#include "search/plan.h"
#include "store/store.h"

namespace vesta::access {

// What plans are decided with.
struct Deciding {
  store::Store& store;  // where links lead
  const search::Registry& registry;
  std::string_view base_url;  // of this server, as in Query
};

// The resource of the type with this id, if it satisfies `plan`.
search::Query one_of(const Deciding& deciding, fhir::TypeId type, std::string_view id, const search::Plan& plan);

// `subject`: no contained one. Leaves and steps into what it contains are decided by its values, chains by what they
// refer to by type and id, `_has` by what the store's resources refer to under its type and id. A chain by a canonical
// leads nowhere. Errors: those of Store::search.
Result<bool> decide(const Deciding& deciding, const search::Plan& plan, const search::Subject& subject);

// The same for a version: of a deletion, what was deleted decides. Errors: those of Store, internal (damaged).
Result<bool> decide(const Deciding& deciding, const search::Plan& plan, const store::Version& version);

}  // namespace vesta::access
