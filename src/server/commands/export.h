// `vesta export`: writes the current resources of a store as NDJSON, one file per type.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "ops/context.h"

namespace vesta::server::commands {

struct ExportOptions {
  std::vector<std::string> types;  // resource types; empty: all
  // "-": to `out`, type after type in the order of their names. Else a folder, made if it is missing: `<Type>.ndjson`.
  // Refused if it holds any *.ndjson.
  std::string output = "-";
};

// The exit code: 0, or 1 with the reason in `messages`. Resources of a type come in the order of their ids, so
// that equal stores give equal files; memory does not grow with the store.
int run_export(const ExportOptions& options, ops::Context& context, std::ostream& out, std::ostream& messages);

}  // namespace vesta::server::commands
