// `vesta fhirpath`: runs an expression on a resource in a file, and prints what it yields.
#pragma once

#include <cstddef>
#include <istream>
#include <ostream>
#include <string>

#include "fhir/definitions.h"

namespace vesta::server::commands {

inline constexpr std::size_t kMaxFhirpathFileBytes = std::size_t{256} << 20;

struct FhirpathOptions {
  std::string expression;
  std::string file;          // JSON or XML, plain or compressed; "-": standard input
  bool shows_trace = false;  // what trace() sees
};

// A line for each item: its type, a tab, its JSON. What is wrong goes to `errors`. The exit code: 0; 1 for a file that
// cannot be read; 2 for a bad expression.
int run_fhirpath(const FhirpathOptions& options, const fhir::Definitions& definitions, std::istream& input,
                 std::ostream& out, std::ostream& errors);

}  // namespace vesta::server::commands
