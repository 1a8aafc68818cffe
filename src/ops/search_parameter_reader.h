// Reading of a SearchParameter resource: what search goes by.
#pragma once

#include "base/result.h"
#include "fhir/node.h"
#include "search/parameter.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxCodeBytes = 64;  // of a custom parameter

struct StoredParameter {
  search::CustomParameter parameter;
  bool is_active = false;  // by its status; only active ones are searched by
};

// https://hl7.org/fhir/R4/searchparameter.html. `resource` has passed the structural check. Errors: unprocessable, with
// an issue per element that says something that no search parameter can be.
Result<StoredParameter> read_search_parameter(const fhir::Definitions& definitions, const fhir::Node& resource);

// By its status alone: what is not active is not searched by, whatever else it says.
bool is_active(const fhir::Definitions& definitions, const fhir::Node& resource);

// True if one of R4's parameters means the same: of the same code, type and expression, for all of its base types. With
// a code that search has a meaning of its own for (`_id`), anything else is refused by the reader.
bool is_core(const fhir::Definitions& definitions, const search::CustomParameter& parameter);

}  // namespace vesta::ops
