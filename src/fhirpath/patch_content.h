// PatchContent: what a patch brings, as nodes of the element that takes it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"

namespace vesta::fhirpath {

// New nodes live in the arena; their texts are those of the patch.
class PatchContent {
 public:
  PatchContent(const fhir::Definitions& definitions, fhir::Arena& arena);

  // A node of the element `name` of `owner` ("value" or "valueString" for a choice), with the content of `part`: its
  // value, its resource, or its parts, which are the elements of types that a parameter cannot have.
  // Errors (unprocessable) at `place`, the part: no such element, another type, no content.
  Result<fhir::Node*> make(fhir::TypeId owner, std::string_view name, const fhir::Node& part,
                           const std::string& place) const;
  // Makes `child` the last of the children of its name; false: it would be the second of an element that is no list.
  static bool append(fhir::Node& owner, fhir::Node& child);

 private:
  const fhir::Element* find(fhir::TypeId owner, std::string_view name, fhir::TypeId content) const;
  bool fits(const fhir::Element& element, fhir::TypeId content) const;
  fhir::Node* new_node(const fhir::Element& element, fhir::TypeId type) const;
  fhir::Node* copy(const fhir::Node& node) const;
  Result<fhir::Node*> from_parts(const fhir::Element& element, const fhir::Node& part, const std::string& place) const;

  const fhir::Definitions& definitions_;
  fhir::Arena& arena_;
  const fhir::NameId name_, value_, part_, resource_;
};

// An unprocessable error with one issue at `place`.
Error misfit(const std::string& place, std::string message);

}  // namespace vesta::fhirpath
