// The resources that US Core's searches are tried on, and what the tests know of them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tests/conformance/us_core_criteria.h"
#include "tests/conformance/us_core_metadata.h"
#include "tests/scenarios/runner/json_value.h"

namespace vesta::tests {

// "Patient/1"
std::string name_of(const JsonValue& resource);

// Examples of the US Core package, R4's examples of the types that the metadata names or refers to, and resources
// derived from these: for each search that none has all elements of, one that has; for each search and each of its
// parameters a copy that differs in this parameter alone, for each
// `_include` a resource that refers to one of the target type, for each profile a Provenance.
class UsCoreData {
 public:
  static Result<UsCoreData> load();

  const std::vector<ProfileMetadata>& profiles() const { return profiles_; }
  const std::vector<JsonValue>& search_parameters() const { return search_parameters_; }
  const std::vector<JsonValue>& resources() const { return resources_; }
  std::vector<const JsonValue*> of_type(std::string_view type) const;
  const JsonValue* find(const std::string& name) const;  // "Patient/1"

  AskedParameter asked(const ProfileMetadata& profile, const std::string& name) const;
  // The definition of a type's parameter in any profile, or null.
  const SearchDefinition* find_definition(const std::string& type, const std::string& name) const;
  // Resources that have the elements of all these parameters, those of the profile first; at most `limit`.
  std::vector<const JsonValue*> bases_of(const ProfileMetadata& profile, const std::vector<std::string>& names,
                                         std::size_t limit) const;
  // What a resource refers to through a reference parameter ("Patient/1"), of one type if it is given.
  std::vector<std::string> references_of(const JsonValue& resource, const std::string& parameter,
                                         const std::string& target) const;

 private:
  // A search parameter of the package or of R4: where it looks and what it refers to.
  struct Definition {
    std::vector<std::string> paths;
    std::vector<std::string> targets;
  };
  void define(const JsonValue& search_parameter);
  void add(JsonValue resource);
  void add_examples(std::vector<JsonValue> examples);
  void add_completed();
  void add_decoys();
  void add_include_sources();
  void add_provenances();

  std::vector<ProfileMetadata> profiles_;
  std::vector<JsonValue> search_parameters_;
  std::map<std::string, Definition> definitions_;  // by "Patient.name": type and code
  std::vector<JsonValue> resources_;
  std::map<std::string, std::size_t> by_name_;
};

}  // namespace vesta::tests
