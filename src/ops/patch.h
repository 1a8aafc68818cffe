// Patch: a change of a resource, as PATCH brings it. https://hl7.org/fhir/R4/http.html#patch
#pragma once

#include <vector>

#include "json/patch.h"
#include "ops/call.h"
#include "ops/context.h"
#include "ops/scratch.h"
#include "store/store.h"

namespace vesta::ops {

inline constexpr std::string_view kJsonPatch = "application/json-patch+json";

struct Patch {
  std::vector<json::PatchOperation> operations;
};

// From a text. Errors: invalid, with the place in the patch; too_large.
Result<Patch> read_json_patch(std::string_view text);
// From the Binary of a Bundle's entry, which has the patch as its data. Errors: those of read_json_patch; invalid: no
// Binary, or one of another content type.
Result<Patch> read_entry_patch(const Context& context, const fhir::Node& resource);

// The resource that `current` becomes, read anew. Errors: unprocessable: the patch does not fit, makes no valid
// resource, or changes the type or the id; too_large.
Result<fhir::Node*> apply_patch(const Context& context, const Patch& patch, const store::Version& current,
                                Scratch& scratch);

}  // namespace vesta::ops
