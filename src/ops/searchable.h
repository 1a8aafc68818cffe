// What can be searched by: for the CapabilityStatement and the schema of GraphQL.
#pragma once

#include "ops/context.h"
#include "search/parameter.h"

namespace vesta::ops {

// What parse_search takes: by its values, as a column of every resource, or by a syntax of its own.
bool is_searchable(const Context& context, const search::Parameter& parameter);

}  // namespace vesta::ops
