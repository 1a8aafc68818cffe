// The dictionary that a fresh store starts with: text as FHIR resources have it.
#pragma once

#include <string_view>

namespace vesta::store::sqlite {

// Persisted by each store that uses it, so it may change from one release to the next.
std::string_view seed_dictionary();

}  // namespace vesta::store::sqlite
