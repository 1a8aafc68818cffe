// Consent plans: what a rule of a Consent comes to for one asker, and then, for a type of resources, as a plan.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "access/consent.h"
#include "access/grant.h"
#include "base/ids.h"
#include "search/parameter.h"
#include "search/plan.h"

namespace vesta::access {

// Who asks, and for what.
struct Asker {
  std::vector<std::string> names;     // that Consents may know them by: "Practitioner/1"
  std::vector<std::string> types;     // of these they have no other names: "Practitioner"
  std::vector<std::string> purposes;  // codes of v3-ActReason; none: they are not known
  Action action = Action::read;
  Instant now;
};

// What of the rule depends on resources: the rest is decided. A provision that may not apply to this asker is vague.
// As simple as it can be said, so that what comes to the same is equal. `until` becomes the next moment at which
// anything of it may be otherwise, if that is earlier.
Provision for_asker(const Provision& rule, const Asker& asker, Instant& until);

// Of a rule for an asker: the resources of the type that it denies, or may deny.
search::Plan denied(const search::Registry& registry, const Provision& rule, fhir::TypeId type);
// Those that it permits, for certain.
search::Plan permitted(const search::Registry& registry, const Provision& rule, fhir::TypeId type);

}  // namespace vesta::access
