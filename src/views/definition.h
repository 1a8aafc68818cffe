// A ViewDefinition as a value, read from JSON and checked for its structure.
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhirpath/program.h"

namespace vesta::views {

// An expression and its place in the document, for messages: "ViewDefinition.select[0].column[1].path".
struct Expression {
  std::string text;
  std::string place;
};

struct Column {
  std::string name;
  Expression path;
  std::string type;  // as written: a URI, or what follows http://hl7.org/fhir/StructureDefinition/; empty: not given
  bool is_collection = false;
  std::string place;
};

enum class Iteration : unsigned char { none, for_each, for_each_or_null, repeat };

struct Select {
  Iteration iteration = Iteration::none;
  std::vector<Expression> paths;  // of the iteration: one, or for `repeat` any number
  std::vector<Column> columns;
  std::vector<Select> selects;
  std::vector<Select> union_all;
  std::string place;
};

// `%name`
struct Constant {
  std::string name;
  fhirpath::Item::Kind kind = fhirpath::Item::Kind::string;
  std::string text;
};

struct ViewDefinition {
  std::string name;      // empty: none
  std::string resource;  // the name of a resource type, not looked up yet
  std::vector<Constant> constants;
  std::vector<Select> selects;
  std::vector<Expression> conditions;  // of `where`
};

// Errors (category invalid; the expression is the place): no JSON, an unknown property, a wrong kind, a missing
// part, a bad name, more than one iteration in a select, a limit of limits.h by its name.
//
// DEVIATION: `status` may be missing, as it is in many published views and in cases of the official suite.
Result<ViewDefinition> read_view_definition(std::string_view json);

}  // namespace vesta::views
