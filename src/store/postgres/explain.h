// Explain: PostgreSQL's own plan of a statement that it ran, as steps.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "search/explanation.h"

namespace vesta::store::postgres {

inline constexpr std::size_t kMaxStepBytes = 600;  // of the text of one step; more is cut

// `json`: what EXPLAIN (ANALYZE, TIMING, FORMAT JSON) answers. The step has the time of planning and running; below it
// is the plan's top. What a part did in several loops is summed up, its estimate too.
// https://www.postgresql.org/docs/15/using-explain.html
Result<search::PlanStep> read_plan(std::string_view json);

}  // namespace vesta::store::postgres
