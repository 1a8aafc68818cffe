// Patch: a change of a resource, as PATCH brings it. https://hl7.org/fhir/R4/http.html#patch
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "fhirpath/patch.h"
#include "json/patch.h"
#include "ops/call.h"
#include "ops/context.h"
#include "ops/patch_budget.h"
#include "store/scratch.h"
#include "store/store.h"
#include "xml/patch.h"

namespace vesta::ops {

inline constexpr std::string_view kJsonPatch = "application/json-patch+json";
inline constexpr std::string_view kXmlPatch = "application/xml-patch+xml";

// In the language that its media type says.
using Patch = std::variant<std::vector<json::PatchOperation>, std::vector<fhirpath::PatchOperation>, xml::Patch>;

// The patch in the body of `call`; one that is a resource is read into `scratch`, which outlives it. Errors: invalid,
// with the place in the patch; too_large, by `budget` too.
Result<Patch> read_patch(const Context& context, const Call& call, store::Scratch& scratch, PatchBudget& budget);
// From an entry of a Bundle, which outlives it: a Parameters resource, or a Binary that has the patch as its data.
// `place`: where the resource stands. Errors: as above; invalid: another resource, a Binary of another content type.
Result<Patch> read_entry_patch(const Context& context, fhir::TypeId target, const fhir::Node& resource,
                               std::string_view place, PatchBudget& budget);

// The resource that `current` becomes, read anew. Errors: unprocessable: the patch does not fit, makes no valid
// resource, or changes the type or the id; too_large, by `budget` too.
Result<fhir::Node*> apply_patch(const Context& context, const Patch& patch, const store::Version& current,
                                store::Scratch& scratch, PatchBudget& budget);

}  // namespace vesta::ops
