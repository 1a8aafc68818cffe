// `vesta copy`: a whole store into another engine; `vesta digest`: what everything in a store adds up to.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "fhir/definitions.h"
#include "server/config.h"
#include "store/digest.h"
#include "store/store.h"

namespace vesta::server::commands {

struct CopyStoresOptions {
  std::string from, to;  // folders of SQLite, or URLs of PostgreSQL
  StoreKeyConfig from_key, to_key;
};

// The exit code: 0: everything is there, was compared, and is indexed. Else 1: the target can be used by nothing but
// another run, which goes on.
int run_copy(const CopyStoresOptions& options, std::ostream& out, std::ostream& errors);

// A line for the newest commit, one for each part with its number of entries, and one for all of them.
int run_digest(store::Store& store, const fhir::Definitions& definitions,
               const std::optional<store::DigestLimits>& limits, std::ostream& out, std::ostream& errors);

}  // namespace vesta::server::commands
