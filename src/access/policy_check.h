// Whether what access goes by means something, before it is written.
#pragma once

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "search/query_text.h"

namespace vesta::access {

// Of other resources: ok. Errors: unprocessable, with an issue for each rule that would grant nothing to anybody, as
// it has a mistake (expression: "AccessPolicy.rule[2]"); those of the context's sources.
Status check_policy(const search::ParseContext& context, const fhir::Node& resource);

// Of other resources: ok. Errors (unprocessable): emergency access for a reason that is nothing but white space.
Status check_emergency(const fhir::Definitions& definitions, const fhir::Node& resource);

}  // namespace vesta::access
