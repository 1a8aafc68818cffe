// Prints the explanation of a search as a tree.
#include "server/commands/explain.h"

#include "ops/explain.h"
#include "ops/outcome.h"

namespace vesta::server::commands {

int run_explain(std::string_view search, ops::Context& context, std::ostream& out, std::ostream& errors) {
  const auto step = ops::explain_search(context, search);
  if (!step.ok()) {
    for (const Issue& issue : ops::issues_of(step.error())) errors << "vesta: " << issue.diagnostics << '\n';
    return 1;
  }
  for (const std::string& line : ops::explanation_lines(*step)) out << line << '\n';
  return 0;
}

}  // namespace vesta::server::commands
