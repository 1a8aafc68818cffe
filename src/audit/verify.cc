// Going over the chain.
#include "audit/verify.h"

#include "audit/record.h"
#include "store/audit_chain.h"

namespace vesta::audit {
namespace {

constexpr std::uint32_t kPage = 1000;

std::optional<std::string> defect_of(const store::AuditEntry& entry, const Verified& before) {
  const std::uint64_t number = before.records + 1;
  if (entry.number != number) {
    return "record " + std::to_string(number) + " is missing; the next one is " + std::to_string(entry.number);
  }
  if (entry.hash != store::audit_hash(before.hash, number, entry.record)) {
    return "record " + std::to_string(number) + " is not what was written: its hash is another one";
  }
  const auto record = parse_record(entry.record);
  if (!record.ok()) return "record " + std::to_string(number) + " cannot be read: " + record.error().message;
  return std::nullopt;
}

}  // namespace

Result<Verified> verify(store::Store& store) {
  Verified verified;
  while (true) {
    VESTA_TRY(const std::vector<store::AuditEntry> page, store.audit(verified.records, kPage));
    if (page.empty()) return verified;
    for (const store::AuditEntry& entry : page) {
      verified.defect = defect_of(entry, verified);
      if (verified.defect) return verified;
      verified.records = entry.number;
      verified.hash = entry.hash;
    }
  }
}

}  // namespace vesta::audit
