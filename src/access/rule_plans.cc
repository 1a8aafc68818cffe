// Compiling of rules and scopes, type by type.
#include "access/rule_plans.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "access/element_paths.h"
#include "access/purposes.h"
#include "http/message.h"
#include "search/combine.h"
#include "search/compartment.h"

namespace vesta::access {
namespace {

using fhir::TypeId;
using search::Plan;

struct Interaction {
  std::string_view name;
  Action action;
};
constexpr std::array<Interaction, kActions> kInteractions = {{{"read", Action::read},
                                                              {"search", Action::search},
                                                              {"create", Action::create},
                                                              {"update", Action::update},
                                                              {"delete", Action::remove},
                                                              {"count", Action::count}}};

Error wrong(const std::string& why) {
  return make_error(Category::invalid, why);
}

bool is_found(const fhir::Definitions& definitions, const fhir::Type& type) {
  return definitions.find_resource_type(type.name).has_value();
}

// What `*` means.
std::vector<TypeId> all_types(const fhir::Definitions& definitions) {
  std::vector<TypeId> types;
  for (std::size_t i = 0; i < definitions.types().size(); ++i) {
    const fhir::Type& type = definitions.types()[i];
    if (is_found(definitions, type) && !is_named_only(type.name)) types.push_back(static_cast<TypeId>(i));
  }
  return types;
}

bool says_which_only(const search::Search& search) {
  return search.queries.size() == 1 && search.queries.front().plan.kind != Plan::Kind::all &&
         search.queries.front().sort.empty() && search.includes.empty() && !search.elements &&
         search.count == search::kDefaultCount && search.total == search::Total::none && !search.count_only &&
         search.summary == fhir::Summary::none;
}

// Of a query without variables: what says something else than which resources it is about is a mistake.
Result<Plan> plan_of(const search::ParseContext& context, TypeId type, std::string_view query) {
  const auto parameters = http::parse_query(query);
  if (!parameters) return wrong(http::query_defect(query));
  VESTA_TRY(search::Search search, search::parse_search(context, type, *parameters));
  if (!says_which_only(search)) return wrong("criteria say which resources are meant, and nothing else");
  return std::move(search.queries.front().plan);
}

bool leads_elsewhere(const Plan& plan) {
  const bool is_link =
      plan.kind == Plan::Kind::chain || plan.kind == Plan::Kind::has || plan.kind == Plan::Kind::contains;
  if (plan.shared != nullptr) return leads_elsewhere(*plan.shared);
  return is_link || std::ranges::any_of(plan.children, leads_elsewhere);
}

// What a rule says of compartments: of which type, and whose.
struct Around {
  TypeId compartment;
  std::string id;  // of the principal's own resource; empty: of those who satisfy `owner`
  Plan owner = Plan::make_none();
  std::shared_ptr<const search::IdSet> ids = nullptr;  // of these; null: they were not looked up
};

class RuleReader {
 public:
  RuleReader(const search::ParseContext& context, const Variables& variables, Owners* owners, const Rule& rule)
      : context_(context), variables_(variables), owners_(owners), rule_(rule) {}

  Result<RulePlans::Granted> read() const {
    RulePlans::Granted granted;
    VESTA_TRY(granted.actions, actions());
    VESTA_TRY(granted.min_cell_size, min_cell_size(granted.actions));
    VESTA_TRY(granted.consent, consent());
    VESTA_TRY(granted.purposes, purposes());
    VESTA_TRY(const auto types, named_types());
    VESTA_TRY(granted.hidden, elements(rule_.hidden, PathUse::hidden, types));
    VESTA_TRY(granted.read_only, elements(rule_.read_only, PathUse::read_only, types));
    for (auto& [type, paths] : granted.hidden) paths.merge(narrative_of(definitions(), type));
    VESTA_TRY(const std::optional<Around> around, this->around());
    VESTA_TRY(const std::optional<std::string> criteria, put_variables(rule_.criteria, variables_));
    if (!around && !rule_.compartment.empty()) return granted;
    if (!criteria) return granted;
    for (const auto& [type, is_named] : types) {
      Plan guard = Plan::make_all();
      if (around) {
        auto inside = in_compartment(*around, type);
        if (!inside.ok() && !is_named) continue;  // `*` with a compartment: what is in it
        VESTA_TRY(guard, std::move(inside));
      }
      if (!rule_.criteria.empty()) {
        VESTA_TRY(Plan holds, plan_of(context_, type, *criteria));
        guard = search::both(std::move(guard), std::move(holds));
      }
      granted.guards.emplace(type, std::make_shared<const Plan>(std::move(guard)));
    }
    return granted;
  }

 private:
  const fhir::Definitions& definitions() const { return context_.registry.definitions(); }

  Result<Actions> actions() const {
    Actions actions;
    for (const std::string& name : rule_.interactions) {
      const std::optional<Action> action = action_of(name);
      if (!action) return wrong("'" + name + "' is no interaction");
      actions.set(static_cast<std::size_t>(*action));
      if (*action == Action::search) actions.set(static_cast<std::size_t>(Action::count));
    }
    return actions;
  }

  Result<std::optional<std::uint64_t>> min_cell_size(const Actions& actions) const {
    if (!rule_.is_deidentified) {
      if (!rule_.min_cell_size.empty()) return wrong("there is a cell size, and nothing is de-identified");
      return std::optional<std::uint64_t>();
    }
    for (const Action action : {Action::create, Action::update, Action::remove}) {
      if (actions.test(static_cast<std::size_t>(action))) return wrong("what is de-identified is read and searched");
    }
    if (rule_.min_cell_size.empty()) return std::optional(kMinCellSize);
    std::uint64_t size = 0;
    std::from_chars(rule_.min_cell_size.data(), rule_.min_cell_size.data() + rule_.min_cell_size.size(), size);
    if (size > kMaxCellSize) return wrong("a cell size is at most " + std::to_string(kMaxCellSize));
    return std::optional(size);
  }

  Result<ConsentUse> consent() const {
    if (rule_.consent.empty() || rule_.consent == "respected") return ConsentUse::respected;
    if (rule_.consent == "required") return ConsentUse::required;
    if (rule_.consent == "ignored") return ConsentUse::ignored;
    return wrong("'" + rule_.consent + "' is nothing that a rule makes of Consents");
  }

  // Sorted, each once.
  Result<std::vector<std::string>> purposes() const {
    if (rule_.purposes.size() > kMaxPurposes) {
      return wrong("a rule has at most " + std::to_string(kMaxPurposes) + " purposes");
    }
    for (const std::string& code : rule_.purposes) {
      const bool is_plain = code.size() <= kMaxPurposeBytes && fhir::is_id(code);  // has no comma and no space
      if (!is_plain) return wrong("'" + code + "' is no code of a purpose");
    }
    if (rule_.is_deidentified && rule_.purposes.empty()) return std::vector{std::string(kResearchPurpose)};
    const std::set<std::string> codes(rule_.purposes.begin(), rule_.purposes.end());
    return std::vector<std::string>(codes.begin(), codes.end());
  }

  // With whether it is there by its own name.
  Result<std::map<TypeId, bool>> named_types() const {
    std::map<TypeId, bool> types;
    for (const std::string& name : rule_.types) {
      if (name == kAllTypes) {
        for (const TypeId type : all_types(definitions())) types.emplace(type, false);
        continue;
      }
      const auto type = definitions().find_resource_type(name);
      if (!type) return wrong("'" + name + "' is no resource type");
      types[*type] = true;
    }
    return types;
  }

  Result<std::map<TypeId, search::ElementPaths>> elements(const std::vector<std::string>& texts, PathUse use,
                                                          const std::map<TypeId, bool>& types) const {
    std::map<TypeId, search::ElementPaths> elements;
    for (const std::string& text : texts) {
      VESTA_TRY(search::ElementPath path, read_element_path(context_.registry, text, use));
      if (!types.contains(path.type)) return wrong("'" + text + "' is of a type that the rule does not name");
      elements[path.type].insert(std::move(path));
    }
    return elements;
  }

  // nullopt: the rule says nothing of compartments, or of none that there is for this principal.
  Result<std::optional<Around>> around() const {
    const std::optional<Around> none;
    if (rule_.compartment.empty()) {
      if (rule_.compartment_criteria.empty()) return none;
      return wrong("there are criteria for a compartment, and no compartment");
    }
    const auto type = definitions().find_resource_type(rule_.compartment);
    if (!type || search::types_of_compartment(definitions(), *type).empty()) {
      return wrong("there is no compartment '" + rule_.compartment + "'");
    }
    Around around{*type, {}};
    if (rule_.compartment_criteria.empty()) {
      around.id = variables_.own(*type);
      return around.id.empty() ? none : std::optional(std::move(around));
    }
    std::vector<Plan> ways;
    for (const std::string& text : rule_.compartment_criteria) {
      VESTA_TRY(const std::optional<std::string> query, put_variables(text, variables_));
      if (!query) continue;
      VESTA_TRY(Plan way, plan_of(context_, *type, *query));
      ways.push_back(std::move(way));
    }
    if (ways.empty()) return none;
    around.owner = search::any_of(std::move(ways));
    if (owners_ != nullptr) {
      VESTA_TRY(around.ids, owners_->of({*type, around.owner, {}, std::string(context_.base_url)}));
    }
    return std::optional(std::move(around));
  }

  Result<Plan> in_compartment(const Around& around, TypeId type) const {
    const search::Registry& registry = context_.registry;
    if (around.ids != nullptr) {
      return search::compartment_plan(registry, around.compartment, around.ids, type, context_.base_url);
    }
    if (around.id.empty()) return search::any_compartment_plan(registry, around.compartment, type, around.owner);
    return search::compartment_plan(registry, around.compartment, around.id, type, context_.base_url);
  }

  const search::ParseContext& context_;
  const Variables& variables_;
  Owners* owners_;
  const Rule& rule_;
};

}  // namespace

std::optional<Action> action_of(std::string_view name) {
  const auto found = std::ranges::find(kInteractions, name, &Interaction::name);
  return found == kInteractions.end() ? std::nullopt : std::optional(found->action);
}

std::string_view name_of(Action action) {
  return std::ranges::find(kInteractions, action, &Interaction::action)->name;
}

bool is_passing(const Error& error) {
  return error.category == Category::busy || error.category == Category::unavailable ||
         error.category == Category::internal || error.category == Category::conflict;
}

Result<RulePlans::Granted> RulePlans::rule(const Rule& rule) const {
  return RuleReader(context_, variables_, owners_, rule).read();
}

// What a patient's scope is about without the compartment (who works here, say) is nobody's but everybody's: no patient
// has been asked about it, so it is left out. Clients choose scopes: one that asks for what a resource leads to would
// tell of resources that nobody may see here.
Result<RulePlans::Granted> RulePlans::scope(const Scope& scope, std::string_view patient) const {
  const search::Registry& registry = context_.registry;
  const fhir::Definitions& definitions = registry.definitions();
  search::ParseContext of_scopes = context_;
  of_scopes.hierarchy = nullptr;  // it leads elsewhere too
  Granted granted{scope.actions, {}};
  std::vector<TypeId> types;
  if (scope.type == kAllTypes) {
    types = all_types(definitions);
  } else if (const auto type = definitions.find_resource_type(scope.type)) {
    types.push_back(*type);
  }
  const bool is_patients = scope.context == Scope::Context::patient;
  const auto compartment = std::ranges::find_if(definitions.compartments(), [&](const fhir::Compartment& each) {
    return definitions.type(each.type).name == kPatientType;
  });
  if (is_patients && (!fhir::is_id(patient) || compartment == definitions.compartments().end())) return granted;
  for (const TypeId type : types) {
    Plan guard = Plan::make_all();
    if (is_patients) {
      auto inside = search::compartment_plan(registry, compartment->type, patient, type, context_.base_url);
      if (!inside.ok()) continue;
      guard = std::move(*inside);
    }
    if (!scope.query.empty()) {
      auto holds = plan_of(of_scopes, type, scope.query);
      if (!holds.ok() && is_passing(holds.error())) return holds.take_error();
      if (!holds.ok() || leads_elsewhere(*holds)) continue;
      guard = search::both(std::move(guard), std::move(*holds));
    }
    granted.guards.emplace(type, std::make_shared<const Plan>(std::move(guard)));
  }
  return granted;
}

}  // namespace vesta::access
