// Patients: in whose records a version stands that somebody has read or written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/kept.h"
#include "audit/record.h"
#include "base/result.h"
#include "fhir/json.h"
#include "fhir/node.h"
#include "search/parameter.h"
#include "store/store.h"

namespace vesta::audit {

inline constexpr std::size_t kMaxKeptOwners = 20'000;  // versions of which it is remembered

// By the CompartmentDefinition of the Patient, and the version's own text: so the answer is the same at any time. Not
// thread-safe. An AuditEvent counts as in nobody's: a look at many would make as many, and who pages through them
// would never come to the end.
class Patients {
 public:
  // Both outlive it.
  Patients(store::Store& store, const search::Registry& registry);

  // Ids, sorted, each once. An update is about those of the version before it too, and a deletion about these alone. A
  // Patient is about itself: those that it links to learn of each other by other ways. A text that cannot be read is
  // about nobody. `server`: the base URL that the version was written under. Errors: those of Store::read_version.
  Result<std::vector<std::string>> of(const Touched& touched, std::string_view server);

 private:
  using Ids = std::vector<std::string>;
  Result<Ids> of_version(fhir::TypeId type, const std::string& id, VersionId version, std::string_view server);
  Ids of_text(const store::Version& version, std::string_view server);

  store::Store& store_;
  const search::Registry& registry_;
  const fhir::TypeId patient_;
  const std::vector<fhir::TypeId> types_;  // that are in records of patients at all; sorted
  fhir::JsonReader reader_;
  fhir::Arena arena_;
  access::Kept<Ids> kept_{kMaxKeptOwners};
};

}  // namespace vesta::audit
