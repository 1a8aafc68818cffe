// For the tests of the audit: the search parameters of R4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "base/check.h"
#include "fhir/definitions.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::audit::testing {

inline const search::Registry& registry() {
  static const search::Registry value(fhir::r4());
  return value;
}

inline fhir::TypeId type(std::string_view name) {
  return *fhir::r4().find_resource_type(name);
}

// All that the log has.
inline std::vector<Record> records_of(store::Store& store) {
  std::vector<Record> all;
  const auto entries = store.audit(0, 10'000);
  CHECK(entries.ok());
  for (const store::AuditEntry& entry : *entries) {
    const auto records = parse_records(entry.record);
    CHECK(records.ok());
    all.insert(all.end(), records->begin(), records->end());
  }
  return all;
}

// "audit-1-5f3a9c01-2" as "audit-1-2", for what the hash is is of no matter.
inline std::string without_hash(std::string id) {
  return id.erase(id.find('-', 6), 9);
}

}  // namespace vesta::audit::testing
