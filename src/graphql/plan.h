// The plan of a selection set: which fields of one type are written, and from what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fhirpath/program.h"
#include "graphql/ast.h"
#include "graphql/problem.h"
#include "graphql/schema.h"

namespace vesta::graphql {

struct Plan;

// An argument like `use: official`: only elements that have such a child count.
struct ElementFilter {
  fhir::NameId name = fhir::kNoName;
  fhir::TypeId type = fhir::kNoType;  // of the child; kNoType: any
  std::vector<std::string> values = {};
  bool takes_absent = false;  // null
};

enum class Slicing : std::uint8_t { none, by_path, by_index };

struct PlannedField {
  Field field;
  std::string key;
  std::uint32_t offset = 0;         // in the document
  std::unique_ptr<Plan> plan = {};  // null: a leaf
  std::string text = {};            // of __typename and resourceType: their JSON

  // Which elements of a list.
  std::vector<ElementFilter> filters = {};
  const fhirpath::Program* fhirpath = nullptr;
  std::size_t skip = 0;
  std::size_t limit = std::numeric_limits<std::size_t>::max();

  // Of a reference.
  bool is_optional = false;
  fhir::TypeId wanted = fhir::kNoType;

  std::string id = {};  // of a read; of __type the name
  Search search = {};
  std::string reference = {};  // of a reverse reference: the code of the parameter

  // https://hl7.org/fhir/R4/graphql.html#flattening
  bool flattens = false;
  bool takes_first = false;
  bool is_singleton = false;
  Slicing slicing = Slicing::none;
  const fhirpath::Program* slice = nullptr;  // by_path
};

// Selections that make up one set, and how they came into it.
struct SelectionSource {
  const std::vector<Selection>* selections = nullptr;
  // They were asked of whatever type the resource has: what its type lacks is left out.
  bool is_loose = false;
};

struct Plan {
  Shape shape = {};
  std::vector<PlannedField> fields = {};
  bool reshapes = false;  // a field is flattened into it, or sliced

  // Of Kind::any_resource: from what the plans of its types are made.
  std::vector<SelectionSource> sources = {};
  struct OfType {
    std::unique_ptr<Plan> plan;
    std::vector<Problem> problems;  // then there is no plan
  };
  std::map<fhir::TypeId, OfType> by_type = {};
};

}  // namespace vesta::graphql
