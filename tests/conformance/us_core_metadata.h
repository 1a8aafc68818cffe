// What US Core asks of searches: the metadata of each profile, and the search parameters of the package.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "tests/scenarios/runner/json_value.h"

namespace vesta::tests {

// One parameter as a profile's metadata describes it.
struct SearchDefinition {
  std::string name;
  std::vector<std::string> full_paths;   // "Patient.name.family"
  std::string type;                      // of the element: "CodeableConcept", "date" …
  std::vector<std::string> comparators;  // "gt", "ge" …
  std::vector<std::string> values;       // codes that the profile names
  std::vector<std::string> chains;       // parameters of the target
};

struct ProfileMetadata {
  std::string file;      // "care_team.yml"
  std::string resource;  // "CareTeam"
  std::string profile_url;
  std::vector<std::vector<std::string>> searches;  // the parameters of each combination
  std::map<std::string, SearchDefinition> definitions;
  std::vector<std::string> includes;     // "CareTeam:participant:Patient"
  std::vector<std::string> revincludes;  // "Provenance:target"
};

// All metadata files of the folder, sorted by name.
Result<std::vector<ProfileMetadata>> load_us_core_metadata(const std::string& folder);

// The resources in the JSON files of a folder whose names begin with `prefix`, sorted by name of file.
Result<std::vector<JsonValue>> load_resources(const std::string& folder, const std::string& prefix = "");

}  // namespace vesta::tests
