// `vesta audit verify`: is the audit log what was written?
#pragma once

#include <ostream>

#include "search/parameter.h"
#include "store/store.h"

namespace vesta::server::commands {

// The exit code: 0, and how many records there are, with the hash of the last, and how many AuditEvents of them; 1 with
// the first defect.
int run_audit_verify(store::Store& store, const search::Registry& registry, std::ostream& out);

}  // namespace vesta::server::commands
