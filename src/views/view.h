// View: a ViewDefinition compiled once; immutable, run by any number of Runners at the same time.
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "views/definition.h"

namespace vesta::views {

inline constexpr std::string_view kViewDefinition = "ViewDefinition";  // the resource type

struct OutputColumn {
  std::string name;
  std::string type;  // the name of a FHIR type, as declared; empty: not declared
  bool is_collection = false;
};

struct Plan;

class View {
 public:
  explicit View(std::unique_ptr<Plan> plan);
  ~View();

  const std::string& name() const;  // empty: the ViewDefinition has none
  fhir::TypeId resource_type() const;
  std::span<const OutputColumn> columns() const;
  const Plan& plan() const { return *plan_; }

 private:
  std::unique_ptr<Plan> plan_;
};

// `definitions` outlives the view. Errors (category invalid; the expression is the place in the document):
// those of read_view_definition; an unknown resource type; an expression that does not compile, or whose type cannot be
// what its place needs; a column that is there twice; branches of a unionAll whose columns differ.
Result<std::unique_ptr<View>> compile(const fhir::Definitions& definitions, const ViewDefinition& definition);
Result<std::unique_ptr<View>> compile(const fhir::Definitions& definitions, std::string_view json);

}  // namespace vesta::views
