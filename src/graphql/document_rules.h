// The rules of a document that hold without a schema. https://spec.graphql.org/October2021/#sec-Validation
#pragma once

#include <string_view>

#include "graphql/ast.h"
#include "graphql/problem.h"

namespace vesta::graphql {

// The operation that is to run: the one of this name; the only one, if the name is empty. Null: a problem was reported.
// https://spec.graphql.org/October2021/#GetOperation()
const Operation* choose_operation(const Document& document, std::string_view name, Problems& problems);

// Names that are given twice, fragments that are missing, unused or lead to themselves, variables that are missing or
// unused, unknown directives and arguments of these; kMaxFields and kMaxDepth with all fragments in their places.
void check_document(const Document& document, Problems& problems);

}  // namespace vesta::graphql
