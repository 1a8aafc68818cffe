// Deidentifiers: the one Deidentifier of a store, whose key stands in it. Format: docs/formats/deidentification-key.md
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "deidentify/deidentifier.h"
#include "store/store.h"

namespace vesta::access {

// Thread-safe. The key is made by the first who asks, and never changes: pseudonyms that were handed out stay.
class Deidentifiers {
 public:
  // All outlives it.
  Deidentifiers(store::Store& store, const fhir::Definitions& definitions, Random& random, std::string base_url)
      : store_(store), definitions_(definitions), random_(random), base_url_(std::move(base_url)) {}

  // Instead of Safe Harbor as it is shipped; before anybody asks. Errors: those of Rules::parse.
  Status configure(std::string_view configuration);
  // Errors: those of Store, internal (damaged).
  Result<std::shared_ptr<const deidentify::Deidentifier>> get();

 private:
  Result<std::string> load_key();

  store::Store& store_;
  const fhir::Definitions& definitions_;
  Random& random_;
  const std::string base_url_;
  Mutex mutex_;
  std::string configuration_ GUARDED_BY(mutex_);                             // empty: as it is shipped
  std::shared_ptr<const deidentify::Deidentifier> made_ GUARDED_BY(mutex_);  // shared with grants, which outlive it
};

}  // namespace vesta::access
