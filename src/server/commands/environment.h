// Environment: what the commands that work on a store are handed by the composition root.
#pragma once

#include "base/clock.h"
#include "fhir/definitions.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::server::commands {

// References only: the composition root owns all of it, and keeps it alive while a command runs.
struct Environment {
  const fhir::Definitions& definitions;
  const search::Registry& registry;
  store::Store& store;
  Clock& clock;
  Random& random;
};

}  // namespace vesta::server::commands
