// Searches of a compartment: `/Patient/1/Observation`, `/Patient/1/*`.
#pragma once

#include <span>

#include "base/result.h"
#include "http/message.h"
#include "ops/route.h"
#include "search/query_text.h"

namespace vesta::ops {

// The search that `parameters` ask for, of what is in the compartment that the route names; the resource whose
// compartment it is need not be there. Errors: those of parse_search; invalid, if there is no such compartment or a
// type is never in it.
// https://hl7.org/fhir/R4/compartmentdefinition.html
Result<search::Search> parse_compartment_search(const search::ParseContext& context, const Route& route,
                                                std::span<const http::Parameter> parameters);

}  // namespace vesta::ops
