// The binder: from a syntax tree to a bound tree for one root type; finds unknown names, types and functions.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhirpath/ast.h"
#include "fhirpath/bound.h"

namespace vesta::fhirpath {

// `expression` is the text of `syntax`, for messages. Errors: category invalid, with line and column.
Result<std::unique_ptr<Bound>> bind_syntax(const fhir::Definitions& definitions, fhir::TypeId root_type,
                                           std::string_view expression, const Syntax& syntax);

}  // namespace vesta::fhirpath
