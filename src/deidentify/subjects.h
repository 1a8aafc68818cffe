// Subjects: whose a resource is, so that all dates of one patient are moved by the same days.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "fhir/definitions.h"
#include "fhir/node.h"

namespace vesta::deidentify {

// "Patient/1", at the end of an absolute URL too, or before "/_history/2".
struct Target {
  fhir::TypeId type = fhir::kNoType;
  std::string_view type_name;
  std::string_view id;
};
std::optional<Target> read_target(const fhir::Definitions& definitions, std::string_view reference);

// Borrows everything.
class Subjects {
 public:
  // `root` is what all resources that are asked about stand in: links of Bundles are those of its entries.
  Subjects(const fhir::Definitions& definitions, const std::set<fhir::TypeId>& types, const fhir::Node& root);

  // Itself, or the one that it, and what it contains, refers to. nullopt: none, or several.
  std::optional<std::string> of(const fhir::Node& resource) const;

 private:
  void note_links(const fhir::Node& node);
  void collect(const fhir::Node& node, std::set<std::string>& found) const;

  const fhir::Definitions& definitions_;
  const std::set<fhir::TypeId>& types_;
  std::map<std::string_view, std::string> links_;            // fullUrl → subject
  std::map<const fhir::Node*, std::string_view> full_urls_;  // of subjects without an id
};

}  // namespace vesta::deidentify
