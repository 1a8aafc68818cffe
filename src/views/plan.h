// The plan of a view: selects with compiled expressions, and the range of columns that each of them fills.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/program.h"
#include "views/definition.h"
#include "views/view.h"

namespace vesta::views {

struct PathPlan {
  std::unique_ptr<fhirpath::Program> program;
  std::string place;
};

// What the values of a column must be: of this kind, or (kind node) elements of this type.
struct DeclaredType {
  fhirpath::Item::Kind kind = fhirpath::Item::Kind::node;
  fhir::TypeId type = fhir::kNoType;
};

struct ColumnPlan {
  PathPlan path;
  std::string name;
  bool is_collection = false;
  std::optional<DeclaredType> checked;  // each value is looked at; absent: none is declared, or all are known to fit
  bool may_be_element = false;          // an element with structure is allowed: its type is declared
  bool is_row_index = false;            // of a path that is `%rowIndex` alone
};

// Fills the columns from `first` on: its own, then those of its selects one after the other, then those of its
// branches, which all fill the same.
struct SelectPlan {
  Iteration iteration = Iteration::none;
  std::vector<PathPlan> paths;
  std::vector<ColumnPlan> columns;
  std::vector<SelectPlan> selects;
  std::vector<SelectPlan> union_all;
  std::size_t first = 0;
  std::size_t width = 0;
  std::string place;
};

struct Plan {
  const fhir::Definitions& definitions;
  std::string name;
  fhir::TypeId type = fhir::kNoType;
  std::vector<PathPlan> conditions;
  SelectPlan root;  // without columns of its own
  std::vector<OutputColumn> columns;
};

// The FHIR type that a value of this kind is an element of; kNoType for values that are no primitives.
fhir::TypeId primitive_type(const fhir::Definitions& definitions, fhirpath::Item::Kind kind);

}  // namespace vesta::views
