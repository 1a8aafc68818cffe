// The parser: from tokens to a syntax tree, for the whole grammar. https://hl7.org/fhirpath/N1/grammar.html
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "fhirpath/ast.h"

namespace vesta::fhirpath {

// The syntax tree of `expression`. Errors (category invalid): syntax, kMaxExpressionBytes, kMaxExpressionDepth.
Result<std::unique_ptr<Syntax>> parse(std::string_view expression);

}  // namespace vesta::fhirpath
