// Verifying of the audit log: is it what was written, as far as the store itself can show it?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::audit {

struct Verified {
  std::uint64_t entries = 0;          // of the log, that are in order, before the first defect
  std::uint64_t records = 0;          // in these
  std::string hash;                   // of the last of them; empty: there is none
  std::uint64_t events = 0;           // AuditEvents of these, that say what they say
  std::optional<std::string> defect;  // the first: an entry that was changed, is missing, stands elsewhere, is none; an
                                      // AuditEvent that is missing or was changed
};

// A log that ends early is one that was in order until then, unless there are AuditEvents of more: `entries` and `hash`
// are to be compared with what was kept elsewhere. Errors: those of Store::audit and the reads of Store.
Result<Verified> verify(store::Store& store, const search::Registry& registry);

}  // namespace vesta::audit
