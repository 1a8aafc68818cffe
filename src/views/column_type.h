// What an expression may yield, against what its place in a view needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhirpath/program.h"
#include "views/definition.h"
#include "views/plan.h"

namespace vesta::views {

// The types of elements; nullopt: any.
using ElementTypes = std::optional<std::vector<fhir::TypeId>>;

// What the items of `program` are when an iteration goes over them: values are elements of primitive types.
ElementTypes element_types(const fhir::Definitions& definitions, const fhirpath::Program& program);

// The name of the FHIR type that the column declares, without its prefix; empty: none. Errors: it is no type; the
// expression cannot yield it; the expression yields elements with structure only, and no type is declared.
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html#column-types
Result<std::string> check_column_type(const fhir::Definitions& definitions, const Column& column,
                                      const fhirpath::Program& program);

// How what `program` yields fits a type that check_column_type() returned: the check of each value that is left to the
// run, or none. Error (at `column`): it never fits.
Result<std::optional<DeclaredType>> check_of_values(const fhir::Definitions& definitions, const ColumnPlan& column,
                                                    std::string_view type);

// Integers are decimals too, and dates are dateTimes.
bool is_of_type(const fhir::Definitions& definitions, const fhirpath::Item& item, const DeclaredType& type);

// For messages.
std::string_view type_name(const fhir::Definitions& definitions, const DeclaredType& type);

// Error: the expression cannot yield a boolean.
Status check_condition(const fhir::Definitions& definitions, const Expression& condition,
                       const fhirpath::Program& program);

}  // namespace vesta::views
