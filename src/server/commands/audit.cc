// Prints what the verification of the audit log has found.
#include "server/commands/audit.h"

#include "audit/verify.h"
#include "base/hexadecimal.h"

namespace vesta::server::commands {
int run_audit_verify(store::Store& store, const search::Registry& registry, std::ostream& out) {
  const auto verified = audit::verify(store, registry);
  if (!verified.ok()) {
    out << "The audit log could not be read: " << verified.error().message << '\n';
    return 1;
  }
  out << verified->entries << " entries with " << verified->records << " records are in order";
  if (verified->entries > 0) out << "; the hash of the last is " << hexadecimal(verified->hash);
  out << ".\n";
  if (verified->events > 0) out << verified->events << " AuditEvents say what they do.\n";
  if (!verified->defect) return 0;
  out << "Then: " << *verified->defect << ".\n";
  return 1;
}

}  // namespace vesta::server::commands
