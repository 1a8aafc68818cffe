// The engines that the conformance tests run on.
#pragma once

#include <vector>

#include "search/random_resource.h"
#include "tests/scenarios/runner/world.h"

namespace vesta::tests {

// Under sanitizers the engine's own tests are enough of PostgreSQL.
inline std::vector<Engine> conforming_engines() {
  if (search::testing::kSlowness > 1) return {Engine::memory, Engine::sqlite};
  return {Engine::memory, Engine::sqlite, Engine::postgres};
}

}  // namespace vesta::tests
