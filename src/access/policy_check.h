// Whether a policy that is about to be written means something.
#pragma once

#include "base/result.h"
#include "fhir/node.h"
#include "search/query_text.h"

namespace vesta::access {

// Of other resources: ok. Errors: unprocessable, with an issue for each rule that would grant nothing to anybody, as
// it has a mistake (expression: "AccessPolicy.rule[2]"); those of the context's sources.
Status check_policy(const search::ParseContext& context, const fhir::Node& resource);

}  // namespace vesta::access
