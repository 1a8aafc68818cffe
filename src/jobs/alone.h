// Whether nodes serve a store, as seen by one who is none of them.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace vesta::jobs {

// `nodes` reads the property kNodesKey. One that has died may still stand in it: for kNodeLife, by the steady time of
// `clock`, it is watched whether one is seen to beat. Errors: busy: a node serves, and which; those of `nodes`;
// internal: the property is damaged.
Status check_alone(const std::function<Result<std::optional<std::string>>()>& nodes, Clock& clock);

}  // namespace vesta::jobs
