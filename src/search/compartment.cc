// Turns the rules of the CompartmentDefinitions into plans.
#include "search/compartment.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "fhir/primitive.h"
#include "fhirpath/program.h"
#include "search/combine.h"
#include "search/links.h"
#include "search/params/extract.h"
#include "search/vocabulary.h"

namespace vesta::search {
namespace {

using fhir::TypeId;

// The rule for the resource that the compartment is of.
constexpr std::string_view kItself = "{def}";

const fhir::Compartment* find_compartment(const fhir::Definitions& definitions, TypeId type) {
  const auto all = definitions.compartments();
  const auto found = std::ranges::find(all, type, &fhir::Compartment::type);
  return found == all.end() ? nullptr : &*found;
}

Error no_compartment(std::string why) {
  Error error = make_error(Category::invalid, why);
  error.issues.push_back({Severity::error, "invalid", std::move(why), ""});
  return error;
}

// The reference parameters of `type` by which its resources are in such a compartment; none: it is the resource itself.
Result<std::vector<const Parameter*>> find_rules(const Registry& registry, TypeId compartment, TypeId type) {
  const fhir::Definitions& definitions = registry.definitions();
  const std::string_view name = definitions.type(compartment).name;
  const fhir::Compartment* found = find_compartment(definitions, compartment);
  if (found == nullptr) return no_compartment("There is no compartment of '" + std::string(name) + "'.");
  std::vector<const Parameter*> parameters;
  for (const fhir::CompartmentRule& rule : found->rules) {
    if (rule.type != type || rule.code == kItself) continue;
    const Parameter* parameter = registry.find_core(type, rule.code);
    if (parameter != nullptr && parameter->kind == fhir::SearchParamType::reference) parameters.push_back(parameter);
  }
  if (parameters.empty() && type != compartment) {
    return no_compartment("'" + std::string(definitions.type(type).name) + "' is in no compartment of '" +
                          std::string(name) + "'.");
  }
  return parameters;
}

// The resource of `compartment` that it may lead to; empty: to none.
std::string_view named_by(const Registry& registry, TypeId compartment, const Query& query, const Leaf& leaf) {
  if (const auto* const own = std::get_if<IdMatch>(&leaf.match)) {
    return query.type == compartment && !own->unequal ? std::string_view(own->id) : std::string_view();
  }
  if (const auto* const reference = std::get_if<ReferenceMatch>(&leaf.match)) {
    const auto targets = leaf.parameter->definition->targets;
    const auto may_be_it = [&](TypeId type) { return registry.definitions().is_a(compartment, type); };
    const bool leads_there = reference->types.empty() ? targets.empty() || std::ranges::any_of(targets, may_be_it)
                                                      : std::ranges::any_of(reference->types, may_be_it);
    return leads_there ? std::string_view(reference->id) : std::string_view();
  }
  const auto* const url = std::get_if<UriMatch>(&leaf.match);
  if (url == nullptr || url->mode != UriMode::exact || leaf.parameter->kind != fhir::SearchParamType::reference)
    return {};
  const auto own = own_resource(registry.definitions(), query.base_url, url->uri);
  return own && own->type == compartment ? own->id : std::string_view();
}

void add_named(const Registry& registry, TypeId compartment, const Query& query, const Plan& plan, std::size_t most,
               std::vector<std::string_view>& ids) {
  if (plan.kind == Plan::Kind::and_ || plan.kind == Plan::Kind::or_) {
    for (const Plan& child : plan.children) add_named(registry, compartment, query, child, most, ids);
  }
  if (plan.kind != Plan::Kind::leaf || ids.size() >= most) return;
  const std::string_view id = named_by(registry, compartment, query, plan.leaf);
  if (fhir::is_id(id) && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
}

}  // namespace

// The resource that a compartment is of is always in it, though R4's rules for the Patient of a Patient's compartment
// name `link` alone. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
std::vector<TypeId> types_of_compartment(const fhir::Definitions& definitions, TypeId compartment) {
  const fhir::Compartment* found = find_compartment(definitions, compartment);
  if (found == nullptr) return {};
  std::vector<TypeId> types{compartment};
  for (const fhir::CompartmentRule& rule : found->rules) types.push_back(rule.type);
  std::ranges::sort(types);  // ids of types order as their names do
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

Result<Plan> compartment_plan(const Registry& registry, TypeId compartment, std::string_view id, TypeId type,
                              std::string_view base_url) {
  VESTA_TRY(const std::vector<const Parameter*> rules, find_rules(registry, compartment, type));
  std::vector<Plan> ways;
  if (type == compartment) ways.push_back(Plan::make_leaf({nullptr, IdMatch{std::string(id)}}));
  for (const Parameter* parameter : rules) {
    ways.push_back(Plan::make_leaf({parameter, ReferenceMatch{{compartment}, std::string(id)}}));
    if (base_url.empty()) continue;
    std::string absolute = absolute_url(registry.definitions(), base_url, compartment, id);
    ways.push_back(Plan::make_leaf({parameter, UriMatch{std::move(absolute)}}));
  }
  return any_of(std::move(ways));
}

Result<Plan> compartment_plan(const Registry& registry, TypeId compartment, const std::shared_ptr<const IdSet>& ids,
                              TypeId type, std::string_view base_url) {
  VESTA_TRY(const std::vector<const Parameter*> rules, find_rules(registry, compartment, type));
  std::vector<Plan> ways;
  if (type == compartment) ways.push_back(Plan::make_leaf({nullptr, IdSetMatch{ids}}));
  for (const Parameter* parameter : rules) {
    ways.push_back(Plan::make_leaf({parameter, ReferenceSetMatch{compartment, ids}}));
    if (base_url.empty()) continue;
    std::string urls = absolute_url(registry.definitions(), base_url, compartment, {});
    ways.push_back(Plan::make_leaf({parameter, UriSetMatch{std::move(urls), ids}}));
  }
  return any_of(std::move(ways));
}

Result<Plan> any_compartment_plan(const Registry& registry, TypeId compartment, TypeId type, const Plan& owner) {
  VESTA_TRY(const std::vector<const Parameter*> rules, find_rules(registry, compartment, type));
  if (type == compartment && owner.kind == Plan::Kind::all) return owner;
  std::vector<Plan> ways;
  if (type == compartment) ways.push_back(owner);
  for (const Parameter* parameter : rules) {
    // A chain leads to what the resource contains too, which has no id that could be another one.
    Plan is_outer = Plan::make_leaf({nullptr, IdMatch{"", true}});
    ways.push_back(Plan::make_link(Plan::Kind::chain, {parameter, compartment}, both(owner, std::move(is_outer))));
  }
  return any_of(std::move(ways));
}

Result<std::vector<std::string>> compartments_of(const Registry& registry, TypeId compartment, const fhir::Node& root,
                                                 fhir::Arena& arena, std::string_view base_url) {
  std::vector<std::string> ids;
  const auto rules = find_rules(registry, compartment, root.type);
  if (!rules.ok()) return ids;
  IndexValues values;
  params::Extraction extraction{registry, registry.vocabulary(), arena, values, registry.units()};
  fhirpath::Collection items;
  for (const Parameter* parameter : *rules) {
    items.clear();
    VESTA_CHECK_OK(parameter->program->evaluate(root, arena, items));
    for (const fhirpath::Item& item : items) {
      params::extract_reference(parameter->id, to_datum(registry.vocabulary(), item), extraction);
    }
  }
  for (const ReferenceValue& value : values.references) {
    if (value.type == compartment) ids.emplace_back(value.id);
  }
  for (const UriValue& value : values.uris) {
    const auto own = base_url.empty() ? std::nullopt : own_resource(registry.definitions(), base_url, value.uri);
    if (own && own->type == compartment) ids.emplace_back(own->id);
  }
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void add_named(const Registry& registry, TypeId compartment, const Query& query, std::size_t most,
               std::vector<std::string_view>& ids) {
  const fhir::Compartment* const found = find_compartment(registry.definitions(), compartment);
  const bool may_be_in_one =
      query.type == compartment ||
      (found != nullptr &&
       std::ranges::find(found->rules, query.type, &fhir::CompartmentRule::type) != found->rules.end());
  if (may_be_in_one) add_named(registry, compartment, query, query.plan, most, ids);
}

}  // namespace vesta::search
