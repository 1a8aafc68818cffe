// From a record of the audit log to AuditEvents, in the form of IHE's Basic Audit Log Patterns.
// https://profiles.ihe.net/ITI/BALP/
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "audit/patients.h"
#include "audit/record.h"
#include "base/result.h"
#include "store/store.h"

namespace vesta::audit {

struct AuditEvent {
  std::string id;          // "audit-17-5f3a9c01-1": the first of entry 17
  std::string text;        // JSON
  std::size_t record = 0;  // of which it is: its place in the entry
};

// The ids of the patients in whose records it stands; audit/patients.h has one.
using WhoseRecord = std::function<Result<std::vector<std::string>>(const Touched&)>;

// One for each patient and kind of access, with all that was touched in their record, and nothing of others: "one
// AuditEvent is created for every Patient". What is in nobody's record has one too, and a request that is more than the
// reading or writing of what its path names has one with its query. These two name no patient, and the others have no
// query: it may name anybody. Whom a search has named, and shown nothing of, has one without data. Of what a write
// replaces nothing is said.
//
// The same record makes the same events for ever, or `vesta audit verify` calls them changed: who changes what is made
// here keeps the old way for records that are there already. Errors: those of `whose`.
// `prefix`: of their ids, which are numbered behind `told` others of the same entry.
Result<std::vector<AuditEvent>> audit_events_of(const Record& record, const std::string& prefix,
                                                const WhoseRecord& whose, std::size_t told = 0);

// Those of all records of an entry. Errors: those of Patients.
Result<std::vector<AuditEvent>> audit_events_of(const store::AuditEntry& entry, std::span<const Record> records,
                                                Patients& patients);

// Of the events of an entry: its number, and the beginning of its hash, so that those of two stores, of which one is
// imported into the other, differ.
std::string event_prefix(const store::AuditEntry& entry);

}  // namespace vesta::audit
