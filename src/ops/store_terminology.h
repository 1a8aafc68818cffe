// StoreTerminology: the CodeSystems and ValueSets that stand in a store, for the terminology service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/guarded_store.h"
#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "fhir/definitions.h"
#include "ops/canonical.h"
#include "search/parameter.h"
#include "store/store.h"
#include "terminology/source.h"

namespace vesta::ops {

// Thread-safe. The registry and the store outlive it.
class StoreTerminology : public terminology::Source {
 public:
  StoreTerminology(const search::Registry& registry, store::Store& store);

  // Also by a literal reference: `ValueSet/123`, without a version.
  Result<std::optional<std::string>> find(terminology::Kind kind, std::string_view url,
                                          std::string_view version) override;
  // Those whose text has the code somewhere: reads every CodeSystem of the store.
  Result<std::vector<std::string>> systems_with(std::string_view code) override;
  // The commit sequence of the newest version of a CodeSystem or ValueSet, deletions included.
  std::uint64_t generation() override;

 private:
  Result<CommitSeq> newest() const;
  Result<std::optional<std::string>> read(fhir::TypeId type, std::string_view id) const;

  const search::Registry& registry_;
  store::Store& store_;
  const access::GuardedStore all_;  // of it
  const CanonicalType code_system_, value_set_;
  const fhir::NameId url_;
  Mutex mutex_;
  CommitSeq seen_ GUARDED_BY(mutex_);  // the store's newest version when it was looked at last
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vesta::ops
