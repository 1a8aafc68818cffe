// MemoryStore: the reference engine. Keeps everything in maps, answers searches by asking search/matcher of each
// resource.
#pragma once

#include <memory>

#include "base/clock.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::store::memory {

// `registry` and `clock` outlive the store. Not durable. Beyond the contract it refuses (Category::internal) a Write
// whose `removed` is not what was added before, of the parameters that are ready: that is a defect of the caller, and
// other engines would rot.
std::unique_ptr<Store> open(const search::Registry& registry, Clock& clock = system_clock());

}  // namespace vesta::store::memory
