// The resources of a Bundle that is no transaction, with links to each other as they would be once stored.
#pragma once

#include <cstddef>
#include <vector>

#include "fhir/node.h"
#include "ops/context.h"

namespace vesta::server::commands {

// In the order of their entries. A link to the fullUrl of an entry becomes one to the id of its resource, as a
// transaction rewrites it (ops::LinkRewriter); of a repeated fullUrl the first counts.
std::vector<fhir::Node*> link_entries(const fhir::Definitions& definitions, const ops::Vocabulary& names,
                                      fhir::Node& bundle, fhir::Arena& arena);

}  // namespace vesta::server::commands
