// Whether nodes serve a store, as seen by one who is none of them.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace vesta::jobs {

// The property kNodesKey as it was when no node served. `nodes` reads it. One that has died may still stand in it: for
// kNodeLife, by the steady time of `clock`, it is watched whether one is seen to beat. Errors: busy: a node serves, and
// which; those of `nodes`; internal: the property is damaged.
Result<std::optional<std::string>> check_alone(const std::function<Result<std::optional<std::string>>()>& nodes,
                                               Clock& clock);

}  // namespace vesta::jobs
