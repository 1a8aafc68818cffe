// The resources of files and of standard input, one after the other: JSON, XML, NDJSON, Bundles.
#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/node.h"

namespace vesta::server::commands {

// What becomes of a resource, which lives until it returns. False: no more are wanted.
using TakeResource = std::function<bool(fhir::Node& resource, fhir::Arena& arena)>;

// `paths`: files (plain, .gz, .xz), folders with all below them that import would take, and
// XML, "-" for `standard_input`. What does not end in .json, .xml, .ndjson or .jsonl is NDJSON if its first line is a
// whole JSON object. Instead of a Bundle its resources are taken, with links to each other as a transaction would make
// them; a resource without an id has that of its urn:uuid. A Bundle itself is taken where `type` is that of Bundles.
//
// Memory holds one document, or some lines of NDJSON. What is mandatory may be missing. Errors: what cannot be read,
// with its file, line and element path.
Status read_resources(const fhir::Definitions& definitions, fhir::TypeId type,
                      const std::vector<std::filesystem::path>& paths, std::istream& standard_input,
                      const TakeResource& take);

}  // namespace vesta::server::commands
