// Building a Parameters resource as a typed tree. https://hl7.org/fhir/R4/parameters.html
#pragma once

#include <string_view>

#include "fhir/definitions.h"
#include "fhir/node.h"

namespace vesta::ops {

// The values, resources and parts that are put in belong to their owners, who outlive the tree; texts are copied into
// the arena.
class ParametersWriter {
 public:
  // The resource, a parameter or a part, while it gets its children.
  struct Part {
    fhir::Node* node = nullptr;
    fhir::Node* last = nullptr;
  };

  ParametersWriter(const fhir::Definitions& definitions, fhir::Arena& arena);

  Part& root() { return root_; }
  // A parameter of the resource, or a part of another one.
  Part add(Part& owner, std::string_view name);
  // A copy of a parameter, under the name that it has.
  void add_copy(Part& owner, const fhir::Node& parameter);
  // valueString; none where `text` is no string of FHIR: empty, or with control characters.
  void text(Part& part, std::string_view text);
  void extension(Part& part, std::string_view url, std::string_view value);  // with a valueString
  // Its own node: the name of `node` is set, and it is linked. False: a parameter takes no value of that type.
  bool value(Part& part, fhir::Node& node);

 private:
  void append(Part& owner, std::string_view element, fhir::Node& child);
  fhir::Node& string_node(std::string_view type, std::string_view text);

  const fhir::Definitions& definitions_;
  fhir::Arena& arena_;
  Part root_;
};

}  // namespace vesta::ops
