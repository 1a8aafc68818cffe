// The check: the store's own verification, with extraction as the judge of index values.
#include "server/commands/check.h"

#include "search/extract.h"
#include "store/scratch.h"
#include "store/store.h"

namespace vesta::server::commands {

int run_check(const ops::Service& service, store::Store& store, std::ostream& out) {
  store::ScratchLease scratch(service.definitions);
  std::uint64_t findings = 0;
  const auto report = [&](const std::string& finding) {
    if (findings == kMaxFindingsShown) out << "Further findings are only counted.\n";
    if (findings++ < kMaxFindingsShown) out << finding << '\n';
  };
  const auto extract = [&](const store::Version& version) -> Result<search::IndexValues> {
    scratch->reset();  // the values of the version before are no longer looked at
    VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
    return search::extract(service.registry, *tree, scratch->arena);
  };
  const auto checked = store.verify(extract, report);
  if (!checked.ok()) {
    out << "The store could not be verified: " << checked.error().message << '\n';
    return 1;
  }
  out << "Checked " << *checked << " resources; " << findings << " findings.\n";
  return findings == 0 ? 0 : 1;
}

}  // namespace vesta::server::commands
