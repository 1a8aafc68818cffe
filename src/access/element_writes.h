// ElementWrites: what a write may say of elements that its writer is not shown, or may not write.
#pragma once

#include <optional>

#include "access/decide.h"
#include "access/grant.h"
#include "fhir/node.h"
#include "store/store.h"

namespace vesta::access {

// Of one write. The trees are those of the version that is there and of the one that is to come; values and trees live
// as long as their arenas.
class ElementWrites {
 public:
  // All outlives it.
  ElementWrites(const Deciding& deciding, const Grant& grant)
      : deciding_(deciding), definitions_(deciding.registry.definitions()), grant_(grant) {}

  // Before an update: puts what the writer is not shown of `old` into `next`, as it is. An element of which they are
  // not shown a part must be as they are shown it, and then stays whole. What is read is read anew from `current`.
  // The tag that says that something is hidden is taken off.
  // Errors: forbidden, with the element's path (one that they are not shown is there, or is another one); unprocessable
  // (with the tag, and without what may have been hidden when it was read, and is shown now).
  Status keep_hidden(const store::Version& current, const fhir::Node& old, fhir::Node& next, fhir::Arena& arena);
  // After it: what may not be written as it was or as it will be is the same, and nothing is shown that was not.
  // Errors: forbidden.
  Status check_update(const store::Version& current, const fhir::Node& old, const search::Subject& after,
                      const fhir::Node& next);
  // Nothing is there that may not be written, or that the writer will not be shown. Errors: forbidden.
  Status check_create(const search::Subject& after, const fhir::Node& next);

 private:
  Status check_part(const fhir::Node& old, const fhir::Node& next) const;
  Status check_inside(const fhir::Node& element);
  // By what read and search show together.
  template <class... What>
  Result<std::optional<search::ElementPaths>> hidden_from_reader(const What&... what) const;

  const Deciding& deciding_;
  const fhir::Definitions& definitions_;
  const Grant& grant_;
  search::ElementPaths kept_;  // by keep_hidden
};

}  // namespace vesta::access
