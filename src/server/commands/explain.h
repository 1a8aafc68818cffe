// `vesta explain`: runs a search and prints the steps in which its first page was found.
#pragma once

#include <ostream>
#include <string_view>

#include "ops/context.h"

namespace vesta::server::commands {

// `search`: below the base, "Observation?code=8480-6". The tree goes to `out`, what is wrong with the search to
// `errors`. The exit code: 0, or 1 if it was refused.
int run_explain(std::string_view search, ops::Context& context, std::ostream& out, std::ostream& errors);

}  // namespace vesta::server::commands
