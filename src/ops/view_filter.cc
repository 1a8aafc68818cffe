// Compartments of patients and of the members of groups, as one plan.
#include "ops/view_filter.h"

#include <set>
#include <string_view>
#include <vector>

#include "fhir/primitive.h"
#include "ops/call.h"
#include "search/combine.h"
#include "search/compartment.h"
#include "store/scratch.h"

namespace vesta::ops {
namespace {

using search::Plan;
using Names = std::set<std::string>;  // ids

// `patient` means a Patient, `group` a Group.
fhir::TypeId type_of_parameter(const Context& context, std::string_view name) {
  std::string type(name);
  type.front() = static_cast<char>(type.front() - 'a' + 'A');
  return context.definitions.find_resource_type(type).value_or(fhir::kNoType);
}

// The id, of a resource that is here.
Result<std::string> existing_id(const Context& context, const http::Parameter& parameter) {
  const fhir::TypeId wanted = type_of_parameter(context, parameter.name);
  VESTA_TRY(auto target, local_target(context, parameter, wanted));
  if (target.first != wanted)
    return bad_value(parameter, "a reference to a " + std::string(context.definitions.type(wanted).name));
  VESTA_TRY(const std::optional<store::Version> version, context.store.read(wanted, target.second));
  if (version && !version->deleted) return std::move(target.second);
  return Error{Category::not_found,
               {},
               {Issue{Severity::error, "not-found", "There is no '" + parameter.value + "' here.", parameter.name}}};
}

// Those of Group.member.entity that are patients and not inactive. https://hl7.org/fhir/R4/group.html
Status add_members(const Context& context, const std::string& group, fhir::TypeId group_type, fhir::TypeId patient,
                   Names& ids) {
  VESTA_TRY(const std::optional<store::Version> version, context.store.read(group_type, group));
  if (!version || version->deleted) return kOk;
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const fhir::Node* const root, scratch->read(*version));
  for (const fhir::Node& member : root->children()) {
    if (context.definitions.name(member.name) != "member") continue;
    bool is_inactive = false;
    std::string_view reference;
    for (const fhir::Node& part : member.children()) {
      const std::string_view name = context.definitions.name(part.name);
      if (name == "inactive") is_inactive = part.value == "true";
      if (name == "entity") reference = part.child_value(context.vocabulary.reference);
    }
    if (is_inactive || reference.empty()) continue;
    auto target = local_target(context, {"group", std::string(reference)}, fhir::kNoType);
    if (target.ok() && target->first == patient) ids.insert(std::move(target->second));
  }
  return kOk;
}

Result<Plan> in_compartments(const Context& context, fhir::TypeId patient, const Names& ids, fhir::TypeId type) {
  if (ids.size() > kMaxViewPatients) {
    return make_error(Category::too_large, "The run is about more than kMaxViewPatients (" +
                                               std::to_string(kMaxViewPatients) + ") patients.");
  }
  std::vector<Plan> any;
  for (const std::string& id : ids) {
    if (type == patient) {
      any.push_back(Plan::make_leaf({nullptr, search::IdMatch{id}}));
      continue;
    }
    VESTA_TRY(Plan plan, search::compartment_plan(context.registry, patient, id, type, context.base_url));
    any.push_back(std::move(plan));
  }
  if (any.empty()) return Plan::make_none();
  return any.size() == 1 ? std::move(any.front()) : Plan::make(Plan::Kind::or_, std::move(any));
}

}  // namespace

Result<std::pair<fhir::TypeId, std::string>> local_target(const Context& context, const http::Parameter& reference,
                                                          fhir::TypeId type) {
  std::string_view text = reference.value;
  if (text.starts_with(context.base_url + "/")) text.remove_prefix(context.base_url.size() + 1);
  const std::size_t slash = text.find('/');
  const std::string_view id = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const auto found = slash == std::string_view::npos ? std::optional(type)
                                                     : context.definitions.find_resource_type(text.substr(0, slash));
  if (!found || *found == fhir::kNoType || !fhir::has_form(fhir::Primitive::id, id))
    return bad_value(reference, "a reference to a resource of this server");
  return std::pair(*found, std::string(id));
}

Result<Plan> resources_of(const Context& context, const ViewQuestion& question, fhir::TypeId type) {
  const fhir::TypeId patient = type_of_parameter(context, "patient");
  std::vector<Plan> all;
  if (!question.patients.empty()) {
    Names ids;
    for (const http::Parameter& parameter : question.patients) {
      VESTA_TRY(std::string id, existing_id(context, parameter));
      ids.insert(std::move(id));
    }
    VESTA_TRY(Plan plan, in_compartments(context, patient, ids, type));
    all.push_back(std::move(plan));
  }
  if (!question.groups.empty()) {
    Names ids;
    for (const http::Parameter& parameter : question.groups) {
      VESTA_TRY(const std::string id, existing_id(context, parameter));
      VESTA_CHECK_OK(add_members(context, id, type_of_parameter(context, parameter.name), patient, ids));
    }
    VESTA_TRY(Plan plan, in_compartments(context, patient, ids, type));
    all.push_back(std::move(plan));
  }
  if (question.since) {
    const search::DateMatch after{search::Prefix::gt, question.since->low, question.since->high};
    all.push_back(Plan::make_leaf({nullptr, search::LastUpdatedMatch{after}}));
  }
  return search::all_of(std::move(all));
}

}  // namespace vesta::ops
