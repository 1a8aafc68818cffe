// Opening of the configured storage engine: the only place that names one.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "search/parameter.h"
#include "server/config.h"
#include "store/store.h"

namespace vesta::server {

// `registry`, `clock` and `metrics` (which may be null) outlive the store. Errors: invalid (no such engine), those of
// the engine.
Result<std::unique_ptr<store::Store>> open_store(const StoreConfig& config, const search::Registry& registry,
                                                 Clock& clock, Metrics* metrics);

}  // namespace vesta::server
