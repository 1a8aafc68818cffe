// The data set of the bench: Synthea's transaction Bundles, and what searches and creates need to know of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vesta::bench {

struct BundleText {
  std::string file;
  std::string text;
  std::vector<std::string> full_urls;     // of the entries, in order
  std::vector<std::string> observations;  // the text of each Observation
};

struct PatientFacts {
  std::string identifier;  // of Synthea's own system
  std::string family, given, birth_date;
};

struct Dataset {
  std::vector<BundleText> bundles;
  std::vector<PatientFacts> patients;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::string folder;  // holds these Bundles and nothing else
};

// Unpacks the archives in `shared` (a folder with synthea/*.tar.xz) into `work` unless that was done, and keeps the
// first `max_bundles` files that are transactions, in the order of their names.
Result<Dataset> load_dataset(const std::string& shared, const std::string& work, std::size_t max_bundles);

// The locations ("Patient/1") that a transaction's answer gives, in the order of its entries.
std::vector<std::string> locations_of(std::string_view answer);

}  // namespace vesta::bench
