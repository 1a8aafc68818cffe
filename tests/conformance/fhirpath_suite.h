// The official FHIRPath suite of the shared data: its cases and input resources.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace vesta::tests {

struct FhirpathOutput {
  std::string type;  // "boolean", "dateTime", "Quantity"; empty: not said
  std::string text;  // as the suite writes it: dates with @
};

struct FhirpathCase {
  std::string name;  // "group/test"
  std::string input;
  std::string expression;
  // The error that is expected: "syntax" or "semantic", when it is compiled; "execution", when it is run; "true",
  // either; empty: none.
  std::string invalid;
  bool is_predicate = false;
  bool is_ordered = true;
  bool checks_order = false;  // functions that need an order are errors on collections without one
  std::vector<FhirpathOutput> outputs;
};

// The cases of `folder`/tests-fhir-r4.xml.
Result<std::vector<FhirpathCase>> load_fhirpath_cases(const std::string& folder);
// The JSON of an input file of the suite, whichever form it has.
Result<std::string> load_fhirpath_input(const std::string& folder, const std::string& name);

}  // namespace vesta::tests
