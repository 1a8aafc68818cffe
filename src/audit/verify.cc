// Going over the chain, and over what was made of it.
#include "audit/verify.h"

#include <algorithm>
#include <span>
#include <vector>

#include "access/records.h"
#include "audit/audit_event.h"
#include "audit/patients.h"
#include "audit/projector.h"
#include "audit/record.h"
#include "fhir/envelope.h"
#include "fhir/json.h"
#include "store/audit_chain.h"

namespace vesta::audit {
namespace {

constexpr std::uint32_t kPage = 1000;

using Defect = std::optional<std::string>;

Defect defect_of(const store::AuditEntry& entry, const Verified& before) {
  const std::uint64_t number = before.entries + 1;
  if (entry.number != number) {
    return "entry " + std::to_string(number) + " is missing; the next one is " + std::to_string(entry.number);
  }
  if (entry.hash != store::audit_hash(before.hash, number, entry.record)) {
    return "entry " + std::to_string(number) + " is not what was written: its hash is another one";
  }
  return std::nullopt;
}

class EventCheck {
 public:
  EventCheck(store::Store& store, const search::Registry& registry, const Position& position)
      : store_(store),
        definitions_(registry.definitions()),
        type_(definitions_.find_resource_type(access::kAuditEvent).value_or(fhir::kNoType)),
        position_(position),
        patients_(store, registry),
        reader_(definitions_) {}

  // Counts in `verified` the events of the entry that are as they must be.
  Result<Defect> check(std::span<const Record> records, const store::AuditEntry& entry, Verified& verified) {
    const std::uint64_t number = entry.number;
    if (number > position_.number + 1) return Defect();
    VESTA_TRY(const std::vector<AuditEvent> events, audit_events_of(entry, records, patients_));
    const std::uint64_t told = number <= position_.number ? events.size() : position_.told;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(told, events.size()); ++i) {
      VESTA_TRY(Defect defect, check(events[i], number));
      if (defect) return defect;
      ++verified.events;
    }
    return Defect();
  }

  Defect check_end(const Verified& verified) const {
    const std::uint64_t told = position_.number + (position_.told > 0 ? 1 : 0);
    if (told <= verified.entries) return std::nullopt;
    return "entries are missing at the end: there are AuditEvents of " + std::to_string(told);
  }

 private:
  Result<Defect> check(const AuditEvent& event, std::uint64_t number) {
    const std::string name = std::string(access::kAuditEvent) + '/' + event.id + " of entry " + std::to_string(number);
    VESTA_TRY(const std::optional<store::Version> stored, store_.read(type_, event.id));
    if (!stored || stored->deleted) return Defect(name + " is missing");
    arena_.reset();
    VESTA_TRY(const fhir::Node* const root, reader_.read(event.text, arena_));
    std::string tail;
    fhir::write_tail(definitions_, *root, tail);
    return tail == stored->tail ? Defect() : Defect(name + " does not say what the entry does");
  }

  store::Store& store_;
  const fhir::Definitions& definitions_;
  const fhir::TypeId type_;
  const Position position_;
  Patients patients_;
  fhir::JsonReader reader_;
  fhir::Arena arena_;
};

}  // namespace

Result<Verified> verify(store::Store& store, const search::Registry& registry) {
  VESTA_TRY(const Position position, position_of(store));
  EventCheck events(store, registry, position);
  Verified verified;
  while (true) {
    VESTA_TRY(const std::vector<store::AuditEntry> page, store.audit(verified.entries, kPage));
    if (page.empty()) {
      verified.defect = events.check_end(verified);
      return verified;
    }
    for (const store::AuditEntry& entry : page) {
      verified.defect = defect_of(entry, verified);
      if (verified.defect) return verified;
      const auto records = parse_records(entry.record);
      if (!records.ok()) {
        verified.defect = "entry " + std::to_string(entry.number) + " cannot be read: " + records.error().message;
        return verified;
      }
      verified.entries = entry.number;
      verified.records += records->size();
      verified.hash = entry.hash;
      VESTA_TRY(verified.defect, events.check(*records, entry, verified));
      if (verified.defect) return verified;
    }
  }
}

}  // namespace vesta::audit
