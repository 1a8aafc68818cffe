// Prints the explanation of a search as a tree.
#include "server/commands/explain.h"

#include "ops/explain.h"
#include "ops/outcome.h"

namespace vesta::server::commands {

int run_explain(std::string_view search, ops::Context& context, std::ostream& out, std::ostream& errors) {
  const auto steps = ops::explain_search(context, search);
  if (!steps.ok()) {
    for (const Issue& issue : ops::issues_of(steps.error())) errors << "vesta: " << issue.diagnostics << '\n';
    return 1;
  }
  for (const std::string& line : ops::explanation_lines(*steps)) out << line << '\n';
  return 0;
}

}  // namespace vesta::server::commands
