// Elements: places in resources, and which of them a search parameter may read.
#pragma once

#include <compare>
#include <set>
#include <string>
#include <vector>

#include "search/parameter.h"

namespace vesta::search {

// An element by the names that lead to it: of a choice `value`, of all repetitions together. Where an element on the
// way may stand in one of its own type again (QuestionnaireResponse.item.item), the rest of the names holds there too.
struct ElementPath {
  fhir::TypeId type = fhir::kNoType;  // of the resource
  std::vector<fhir::NameId> names;
  auto operator<=>(const ElementPath&) const = default;
};
using ElementPaths = std::set<ElementPath>;

// May elements of the inner type, which stand in ones of the outer type, lead to an element of a path again? They are
// parts of the same definition: backbone elements, as a contentReference says, or (extensions) of the outer type
// itself.
bool is_nested(const fhir::Definitions& definitions, fhir::TypeId outer, fhir::TypeId inner);

// What the values of a parameter may be taken from, of resources of its own type. Where that is not known, it is more.
struct ElementsRead {
  std::set<std::vector<std::string>> places;  // read with all that is in them; the empty one is the resource itself
  bool goes_beyond = false;                   // something of other resources too, which are in it, or somewhere else

  // May values depend on this element, if it is of a resource of the parameter's type?
  bool touches(const fhir::Definitions& definitions, const ElementPath& element) const;
};
// Of a facet: what its parameter reads.
ElementsRead elements_read(const fhir::Definitions& definitions, const Parameter& parameter);

}  // namespace vesta::search
