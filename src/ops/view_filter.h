// Which resources of the store a run of a view is about.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "ops/context.h"
#include "ops/view_question.h"
#include "search/plan.h"

namespace vesta::ops {

inline constexpr std::size_t kMaxViewPatients = 500;  // of all patients and members of groups that a run is about

// The type and id that a reference to this server means: "Patient/1", its absolute URL, or the id of one of `type`
// alone. Errors (invalid): another reference.
Result<std::pair<fhir::TypeId, std::string>> local_target(const Context& context, const http::Parameter& reference,
                                                          fhir::TypeId type);

// Of resources of `type`: in the compartment of one of the patients, and of a member of one of the groups, and changed
// after _since. Errors: not_found (a patient or group is not here), invalid (they are of another type, or `type` is in
// no compartment of patients), too_large (kMaxViewPatients).
Result<search::Plan> resources_of(const Context& context, const ViewQuestion& question, fhir::TypeId type);

}  // namespace vesta::ops
