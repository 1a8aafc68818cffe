// Whether a variable of one type may stand where a value of another is taken.
// https://spec.graphql.org/October2021/#sec-All-Variable-Usages-are-Allowed
#pragma once

#include <string_view>

#include "graphql/ast.h"

namespace vesta::graphql {

// `location`: the type of the argument, or of the items of the list, that it stands for; `has_default`: that it has a
// value of its own if nothing is given.
bool is_usage_allowed(const VariableDefinition& variable, std::string_view location, bool has_default);

}  // namespace vesta::graphql
