// The parser: from the text of a document to its syntax tree. https://spec.graphql.org/October2021/#sec-Document-Syntax
#pragma once

#include <string_view>
#include <variant>

#include "graphql/ast.h"
#include "graphql/problem.h"

namespace vesta::graphql {

// An executable document: operations and fragments, no type definitions. Or the first thing that is wrong with it.
std::variant<Document, Problem> parse(std::string_view text);

}  // namespace vesta::graphql
