// Patients whose Consents come to the same for the asker are one group; each group is a condition of the guard.
#include "access/consent_guards.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "access/records.h"
#include "search/chains.h"
#include "search/combine.h"
#include "search/compartment.h"

namespace vesta::access {
namespace {

using search::IdSet;
using search::Plan;

Plan not_this(Plan plan) {
  std::vector<Plan> child;
  child.push_back(std::move(plan));
  return Plan::make(Plan::Kind::not_, std::move(child));
}

// read, search and count are the same to Consents, and so are update and delete.
Action asked_as(Action action) {
  if (action == Action::search || action == Action::count) return Action::read;
  return action == Action::remove ? Action::update : action;
}

}  // namespace

ConsentGuards::ConsentGuards(const search::Registry& registry, std::string_view base_url,
                             std::shared_ptr<const ConsentState> state, Asker asker, const search::CodeSource* codes)
    : registry_(registry), base_url_(base_url), state_(std::move(state)), asker_(std::move(asker)), codes_(codes) {
  if (const auto type = registry.definitions().find_resource_type(kPatientType)) patient_type_ = *type;
}

std::shared_ptr<const Plan> ConsentGuards::guard(ConsentUse use, const std::vector<std::string>& purposes,
                                                 Action action, fhir::TypeId type) {
  static const auto kAll = std::make_shared<const Plan>(Plan::make_all());
  if (use == ConsentUse::ignored) return kAll;
  const Key key{purposes, asked_as(action)};
  std::shared_ptr<const Plan>& known = guards_[{use, key, type}];
  if (known == nullptr) {
    Plan made = make(use, groups(key), type);
    known = made.kind == Plan::Kind::all ? kAll : std::make_shared<const Plan>(std::move(made));
  }
  return known;
}

// The same sets give the same one, for all types and rules.
std::shared_ptr<const IdSet> ConsentGuards::united(Sets sets) {
  if (sets.size() == 1) return sets.front();
  std::shared_ptr<const IdSet>& known = unions_[sets];
  if (known != nullptr) return known;
  auto all = std::make_shared<IdSet>();
  for (const auto& each : sets) all->ids.insert(all->ids.end(), each->ids.begin(), each->ids.end());
  std::ranges::sort(all->ids);
  all->ids.erase(std::unique(all->ids.begin(), all->ids.end()), all->ids.end());
  return known = std::move(all);
}

const ConsentGuards::Groups& ConsentGuards::groups(const Key& key) {
  const auto [at, is_new] = groups_.try_emplace(key);
  if (!is_new) return at->second;
  Asker asker = asker_;
  std::tie(asker.purposes, asker.action) = key;
  std::map<Provision, Sets> by_rule;
  for (const auto& group : state_->groups) {
    Provision left = for_asker(codes_.widened(group->rule), asker, until_);
    if (left == Provision{}) continue;
    by_rule[std::move(left)].push_back(group->patients);
  }
  Groups& groups = at->second;
  for (auto& [rule, sets] : by_rule) groups.push_back({rule, united(std::move(sets))});
  // The largest ones have their say, and nobody is seen whose Consent has not.
  std::ranges::stable_sort(groups, std::ranges::greater(), [](const Group& each) { return each.patients->ids.size(); });
  if (groups.size() > kMaxConsentGroups) {
    Sets rest;
    for (std::size_t i = kMaxConsentGroups; i < groups.size(); ++i) rest.push_back(groups[i].patients);
    groups.resize(kMaxConsentGroups);
    groups.push_back({Provision::deny_everything(), united(std::move(rest))});
  }
  return groups;
}

std::shared_ptr<const ConsentGuards::Answers> ConsentGuards::answers() const {
  if (groups_.empty()) return nullptr;
  return std::make_shared<const Answers>(Answers{state_->is_overfull, groups_});
}

bool ConsentGuards::answers_as(const Answers& known) {
  const auto is_same = [](const Group& left, const Group& right) {
    return left.rule == right.rule && (left.patients == right.patients || left.patients->ids == right.patients->ids);
  };
  return known.is_overfull == state_->is_overfull && std::ranges::all_of(known.groups, [&](const auto& each) {
           return std::ranges::equal(groups(each.first), each.second, is_same);
         });
}

Result<Plan> ConsentGuards::in_compartments(const std::shared_ptr<const IdSet>& patients, fhir::TypeId type) const {
  return search::compartment_plan(registry_, patient_type_, patients, type, base_url_);
}

Plan ConsentGuards::make(ConsentUse use, const Groups& groups, fhir::TypeId type) {
  if (groups.empty() && use == ConsentUse::respected && !state_->is_overfull) return Plan::make_all();
  if (!search::compartment_plan(registry_, patient_type_, std::string_view(), type).ok()) return Plan::make_all();
  if (state_->is_overfull) return Plan::make_none();
  std::vector<Plan> all, some;
  Sets closed;
  std::size_t nodes = 0;
  for (const Group& group : groups) {
    if (nodes > kMaxConsentNodes) {
      closed.push_back(group.patients);
      continue;
    }
    Plan here = denied(registry_, group.rule, type);
    Plan permitted_here = use == ConsentUse::required ? permitted(registry_, group.rule, type) : Plan::make_none();
    nodes += search::count_nodes(here) + search::count_nodes(permitted_here);
    if (here.kind == Plan::Kind::all || nodes > kMaxConsentNodes) {
      closed.push_back(group.patients);
      continue;
    }
    auto inside = in_compartments(group.patients, type);
    if (!inside.ok()) return Plan::make_none();
    if (here.kind != Plan::Kind::none) all.push_back(not_this(search::both(*inside, std::move(here))));
    if (permitted_here.kind != Plan::Kind::none) {
      some.push_back(search::both(std::move(*inside), std::move(permitted_here)));
    }
  }
  if (!closed.empty()) {
    auto inside = in_compartments(united(std::move(closed)), type);
    if (!inside.ok()) return Plan::make_none();
    all.push_back(not_this(std::move(*inside)));
  }
  if (use == ConsentUse::required) {
    if (some.empty()) return Plan::make_none();
    all.push_back(search::any_of(std::move(some)));
  }
  return search::all_of(std::move(all));
}

}  // namespace vesta::access
