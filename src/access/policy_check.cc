// Each rule is compiled for somebody who has a value for each variable.
#include "access/policy_check.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "access/grants.h"
#include "access/records.h"
#include "access/rule_plans.h"
#include "access/variables.h"
#include "base/reason.h"

namespace vesta::access {
namespace {

bool names_user(const Rule& rule) {
  const auto has_it = [](const std::string& query) { return query.find("%user") != std::string::npos; };
  return has_it(rule.criteria) || std::ranges::any_of(rule.compartment_criteria, has_it);
}

// A parameter may want users of one type only: a rule that names the user is right if it is for users of some type.
Status compile(const search::ParseContext& context, const Rule& rule) {
  const fhir::Definitions& definitions = context.registry.definitions();
  Status status = kOk;
  for (const fhir::Type& type : definitions.types()) {
    const auto user = definitions.find_resource_type(type.name);
    if (!user) continue;
    const auto granted = RulePlans(context, Variables::of_anybody(definitions, *user, context.now)).rule(rule);
    if (granted.ok()) return kOk;
    if (status.ok()) status = Error(granted.error());
    if (!names_user(rule)) break;  // all other variables are the same for everybody here
  }
  return status;
}

}  // namespace

Status check_policy(const search::ParseContext& context, const fhir::Node& resource) {
  const fhir::Definitions& definitions = context.registry.definitions();
  if (definitions.type(resource.type).name != kAccessPolicy) return kOk;
  const Policy policy = read_policy(definitions, resource);
  Error error{Category::unprocessable, {}, {}};
  if (policy.rules.size() > kMaxRules) {
    error.issues.push_back({Severity::error, "too-costly",
                            "A policy has at most " + std::to_string(kMaxRules) + " rules.", "AccessPolicy.rule"});
    return error;
  }
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const Status compiled = compile(context, policy.rules[i]);
    if (compiled.ok()) continue;
    if (is_passing(compiled.error())) return compiled.error();
    error.issues.push_back({Severity::error, "invalid", "The rule would grant nothing. " + reason_of(compiled.error()),
                            "AccessPolicy.rule[" + std::to_string(i) + "]"});
  }
  if (error.issues.empty()) return kOk;
  return error;
}

Status check_emergency(const fhir::Definitions& definitions, const fhir::Node& resource) {
  if (definitions.type(resource.type).name != kEmergencyAccess) return kOk;
  for (const fhir::Node& child : resource.children()) {
    if (definitions.name(child.name) != "reason") continue;
    if (child.value.find_first_not_of(" \t\r\n") != std::string_view::npos) return kOk;
  }
  return Error{
      Category::unprocessable,
      {},
      {Issue{Severity::error, "required", "Emergency access has a reason, in words.", "EmergencyAccess.reason"}}};
}

}  // namespace vesta::access
