// The values of an operation's variables. https://spec.graphql.org/October2021/#sec-Coercing-Variable-Values
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "fhir/definitions.h"
#include "graphql/ast.h"
#include "graphql/problem.h"

namespace vesta::graphql {

// By name. A variable that has neither a value nor a default is not among them.
using Variables = std::map<std::string, Value, std::less<>>;

// The name that a scalar has in the schema: `Boolean`, `Int`, `String` and `ID` for FHIR's boolean, integer, string and
// id; every other primitive has its own. https://hl7.org/fhir/R4/graphql.html
std::string_view scalar_name(std::string_view primitive);

// `json`: an object, or empty. What is wrong goes to `problems`: JSON that cannot be read, a type that no variable may
// have, a value that is missing or of another type.
Variables read_variables(const fhir::Definitions& definitions, const Operation& operation, std::string_view json,
                         Problems& problems);

}  // namespace vesta::graphql
