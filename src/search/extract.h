// Extraction: from a typed tree to its index values, by the search parameters' own expressions.
#pragma once

#include "base/result.h"
#include "fhir/node.h"
#include "search/index_value.h"
#include "search/parameter.h"
#include "search/plan.h"

namespace vesta::search {

// Of one resource (a Bundle, a long Group) with all that it contains, but for words; each contained one counts too.
inline constexpr std::size_t kMaxIndexValues = 20'000;
inline constexpr std::size_t kMaxWords =
    100'000;  // of one resource, `_text` and `_content` together; as many contained

// All index values of `root`, for all parameters of its type; sorted, without duplicates. Texts are views into the tree
// or into `arena`. Errors: too_large (a limit above), invalid (an expression of R4's failed on this tree).
// Contained resources have values of their own, in `contained`.
// A custom parameter whose expression fails has no values of this resource, and is counted in `failures` (which may be
// null): others than its author write the resource.
Result<IndexValues> extract(const Registry& registry, const fhir::Node& root, fhir::Arena& arena,
                            std::size_t* failures = nullptr);

// OPTIMIZATION: as `extract`, and enough to decide `plan` on: values of other parameters may be missing. Most plans are
// about a few of the dozens that a type has. It may have values of R4's parameters where `extract` fails.
Result<IndexValues> extract_for(const Registry& registry, const Plan& plan, const fhir::Node& root, fhir::Arena& arena);

}  // namespace vesta::search
