// What resources of some types say now, as one number.
#pragma once

#include <cstdint>
#include <span>

#include "base/ids.h"
#include "fhir/definitions.h"
#include "store/store.h"

namespace vesta::access {

// Another number after each commit of any of the types; kNoType has none. Takes no lock. The newest of each only grows,
// and so does their sum; the greatest of them need not, where a node hears of a commit late.
inline std::uint64_t state_of(store::Store& store, std::span<const fhir::TypeId> types) {
  std::uint64_t sum = 0;
  for (const fhir::TypeId type : types) {
    if (type != fhir::kNoType) sum += store.newest(type).value;
  }
  return sum;
}

}  // namespace vesta::access
