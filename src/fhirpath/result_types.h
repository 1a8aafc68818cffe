// What operators, functions and literals yield: tables for the binder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhirpath/ast.h"
#include "fhirpath/bound.h"
#include "fhirpath/names.h"
#include "fhirpath/static_type.h"

namespace vesta::fhirpath {

std::optional<BinaryOp> find_binary_operator(std::string_view spelling);
ResultType result_of(BinaryOp operation);
// The static type of a call with such input and arguments.
StaticType result_type(const Names& names, ResultType result, const StaticType& input,
                       const std::vector<StaticType>& arguments);
// The types of the elements with this name; empty if there are none.
StaticType element_types(const fhir::Definitions& definitions, const Names& names, const StaticType& parents,
                         fhir::NameId name);
Item::Kind literal_kind(SyntaxKind kind);
// The name of a type that stands where an expression might, `FHIR.Patient`; empty: it is something else.
std::vector<std::string> type_name_of(const Syntax& argument);

}  // namespace vesta::fhirpath
