// The binder: from a syntax tree to a bound tree for one root type; finds unknown names, types and functions.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhirpath/ast.h"
#include "fhirpath/bound.h"
#include "fhirpath/program.h"
#include "fhirpath/static_type.h"

namespace vesta::fhirpath {

// Parts bound for one expression: a repeat() within a repeat() binds its argument anew for each round of the outer one.
inline constexpr std::size_t kMaxBinds = 5'000;

struct BoundExpression {
  std::unique_ptr<Bound> root;
  StaticType type;                // of its items
  std::size_t kept_patterns = 0;  // regular expressions in it
};

// `expression` is the text of `syntax`, for messages. Errors: category invalid, with line and column.
Result<BoundExpression> bind_syntax(const fhir::Definitions& definitions, const StaticType& root_type,
                                    std::string_view expression, const Syntax& syntax,
                                    const CompileOptions& options = {});

}  // namespace vesta::fhirpath
