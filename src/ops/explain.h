// Explanations of searches: steps as issues of an OperationOutcome and as a tree of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/context.h"
#include "search/explanation.h"

namespace vesta::ops {

// A line for the step and each below it, what is below another one indented under it: "what [estimated 5, found 3, 120
// us]".
std::vector<std::string> explanation_lines(const search::PlanStep& step);
// An issue of severity information per line.
std::vector<Issue> explanation_issues(const search::PlanStep& step);

// Runs a search, "Observation?code=1234-5" or "Patient/1/Observation?…", and returns how its first page was found.
// Errors: those of the search; invalid, if `target` is none.
Result<search::PlanStep> explain_search(Context& context, std::string_view target);

}  // namespace vesta::ops
