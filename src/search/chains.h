// Chains and reverse chains: from the path in a criterion's name to links between resource types.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "search/parameter.h"
#include "search/plan.h"

namespace vesta::search {

inline constexpr std::size_t kMaxChainDepth = 8;  // steps of one path
// The ways from the searched type to the end of one path, over all types that its references may lead to.
inline constexpr std::size_t kMaxChainAlternatives = 64;

// What is asked of the resources at the end of a path, or of those on the way.
class Condition {
 public:
  virtual ~Condition() = default;
  // As the query writes it, for messages: "name:exact".
  virtual std::string_view text() const = 0;
  // True if it can be asked of this type: its parameters are parameters of the type.
  virtual bool knows(fhir::TypeId type) const = 0;
  // Of a type that it knows. Errors: invalid, with issues that name the part.
  virtual Result<Plan> plan(fhir::TypeId type) const = 0;
};

// One step of a path; the views point into the query's text.
struct PathStep {
  Plan::Kind kind = Plan::Kind::chain;  // or has
  std::string_view code;                // of the reference parameter
  std::string_view type;                // chain: only over this type, empty: over any; has: the type that refers here
  const Condition* also = nullptr;      // asked of the resource that the step leads to, beside what follows
};
struct Path {
  std::vector<PathStep> steps;
  std::string_view last;  // the parameter at the end, with its modifier
};

// The name of a criterion as a path: "subject:Patient.organization.name:exact", "_has:Observation:patient:code",
// "patient._has:Group:member:_id". A name without '.' and _has has no steps. Errors: invalid, as of bind_path.
Result<Path> split_path(std::string_view name);

// The plan that a resource of type `from` satisfies if the path leads from it to a resource for which `last` holds:
// over all types that every step may lead to and that know what follows. `named` is the criterion as the query names
// it. Errors: invalid, each issue naming the step (unknown, no reference, a wrong type, a limit).
Result<Plan> bind_path(const Registry& registry, std::string_view named, fhir::TypeId from,
                       std::span<const PathStep> steps, const Condition& last);
// True if bind_path finds a way.
bool leads_on(const Registry& registry, fhir::TypeId from, std::span<const PathStep> steps, const Condition& last);

// Why references of this parameter cannot be followed; empty if they can.
std::string_view reason_not_to_follow(const Registry& registry, const Parameter& parameter);
// The concrete types that the definition says a reference parameter refers to: by its expression where that says so,
// else by its list of targets. Sorted.
std::vector<fhir::TypeId> named_targets(const Registry& registry, const Parameter& parameter);
// The concrete types that a reference parameter may refer to.
std::vector<fhir::TypeId> targets_of(const Registry& registry, const Parameter& parameter);

// "Patient", "Group or Patient", "Group, Patient or 3 others": for messages.
std::string list_types(const fhir::Definitions& definitions, std::span<const fhir::TypeId> types);
// An invalid parameter: one issue, "Parameter 'named': why".
Error parameter_error(std::string_view named, std::string_view code, std::string_view why);

std::size_t count_nodes(const Plan& plan);

}  // namespace vesta::search
