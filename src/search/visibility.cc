// Restriction of plans: each step to a resource is a step to one that may be seen.
#include "search/visibility.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "search/combine.h"

namespace vesta::search {
namespace {

Plan either(Plan left, Plan right) {
  if (left.kind == Plan::Kind::none) return right;
  if (right.kind == Plan::Kind::none) return left;
  std::vector<Plan> children;
  children.push_back(std::move(left));
  children.push_back(std::move(right));
  return Plan::make(Plan::Kind::or_, std::move(children));
}

// No id is empty, and what is contained has none: so all that have a place of their own have another id than "".
Plan is_contained() {
  std::vector<Plan> child;
  child.push_back(Plan::make_leaf({nullptr, IdMatch{.id = "", .unequal = true}}));
  return Plan::make(Plan::Kind::not_, std::move(child));
}

Error forbidden(std::string what) {
  return make_error(Category::forbidden, std::move(what));
}

// What is hidden of some resources has an order among those of which it is not, which a plan cannot ask for.
Error hidden_from_some(const Parameter& parameter, std::string_view use) {
  return forbidden("'" + std::string(parameter.code) + "' reads elements that are hidden from you in some resources: " +
                   std::string(use) + " is for those who see all of them");
}

bool has_steps(const Plan& plan) {
  if (plan.kind == Plan::Kind::chain || plan.kind == Plan::Kind::has) return true;
  return plan.shared != nullptr ? has_steps(*plan.shared) : std::ranges::any_of(plan.children, has_steps);
}

class Restriction {
 public:
  Restriction(const Registry& registry, const Visibility& visible) : registry_(registry), visible_(visible) {}

  // What is put in, guards and ways, is decided on everything: so each node is narrowed behind its children.
  enum class Of : unsigned char { elements, elements_and_steps };
  void apply(Plan& plan, Of of) const {
    // What the query itself shares is a part of it as any other.
    while (plan.kind == Plan::Kind::shared) plan = Plan(*plan.shared);
    for (Plan& child : plan.children) apply(child, of);
    if (plan.kind == Plan::Kind::leaf && plan.leaf.parameter != nullptr) narrow(plan, *plan.leaf.parameter);
    if (plan.kind != Plan::Kind::chain && plan.kind != Plan::Kind::has) return;
    Plan guard = visible_.shared_guard(plan.link.type);
    const Parameter& parameter = *plan.link.parameter;
    const bool is_chain = plan.kind == Plan::Kind::chain;
    // A chain may lead to what the subject contains; nothing that is contained leads back by `_has`.
    if (of == Of::elements_and_steps && guard.kind != Plan::Kind::all) {
      Plan allowed = is_chain ? either(std::move(guard), is_contained()) : std::move(guard);
      plan.children.front() = both(std::move(plan.children.front()), std::move(allowed));
    }
    narrow(is_chain ? plan : plan.children.front(), parameter);
  }

  Status sort(Query& query) const {
    std::vector<SortKey> kept;
    for (const SortKey& key : query.sort) {
      const Plan shown = key.column == SortKey::Column::parameter ? where_shown(registry_, *key.parameter, visible_)
                                                                  : Plan::make_all();
      if (shown.kind == Plan::Kind::all) kept.push_back(key);
      if (shown.kind != Plan::Kind::all && shown.kind != Plan::Kind::none) {
        return hidden_from_some(*key.parameter, "an order by it");
      }
    }
    query.sort = std::move(kept);
    return kOk;
  }

 private:
  void narrow(Plan& plan, const Parameter& parameter) const {
    if (!visible_.hides_elements()) return;
    Plan shown = where_shown(registry_, parameter, visible_);
    plan = shown.kind == Plan::Kind::none ? std::move(shown) : both(std::move(plan), std::move(shown));
  }

  const Registry& registry_;
  const Visibility& visible_;
};

// Of `*` for a type: may it be followed by each parameter?
bool shows_all_references(const Registry& registry, fhir::TypeId type, const Visibility& visible) {
  return std::ranges::all_of(registry.parameters_of(type), [&](const Parameter* parameter) {
    return parameter->kind != fhir::SearchParamType::reference ||
           where_shown(registry, *parameter, visible).kind == Plan::Kind::all;
  });
}

}  // namespace

const Visibility& Visibility::everything() {
  static const Visibility everything(Plan::make_all());
  return everything;
}

void Visibility::add(fhir::TypeId type, std::shared_ptr<const Plan> guard, const ElementPaths& hidden) {
  if (guard->kind == Plan::Kind::none) return;
  if (!hidden.empty() || ways_.contains(type)) add_way(type, guard, hidden);
  const Plan& present = this->guard(type);
  if (present.kind == Plan::Kind::all) return;
  const bool replaces = present.kind == Plan::Kind::none || guard->kind == Plan::Kind::all;
  guards_.insert_or_assign(type, replaces ? std::move(guard) : std::make_shared<const Plan>(either(present, *guard)));
}

// The ways are told apart from the first one on that hides something; what was there before hides nothing.
void Visibility::add_way(fhir::TypeId type, const std::shared_ptr<const Plan>& guard, const ElementPaths& hidden) {
  if (!ways_.contains(type) && sees_all(type)) return;
  const auto [at, is_first] = ways_.try_emplace(type);
  std::vector<Way>& ways = at->second;
  if (is_first && !sees_none(type)) ways.push_back({guards_.at(type), {}});
  const auto same = std::ranges::find(ways, hidden, &Way::hidden);
  if (same == ways.end()) {
    ways.push_back({guard, hidden});
  } else if (guard->kind == Plan::Kind::all) {
    same->plan = guard;
  } else if (same->plan->kind != Plan::Kind::all) {
    same->plan = std::make_shared<const Plan>(either(*same->plan, *guard));
  }
  if (hidden.empty() && guard->kind == Plan::Kind::all) ways_.erase(at);
}

const std::shared_ptr<const Plan>* Visibility::large_guard(fhir::TypeId type) const {
  const auto found = guards_.find(type);
  if (found == guards_.end()) return nullptr;
  const bool says_little = found->second->kind == Plan::Kind::all || found->second->kind == Plan::Kind::none;
  return says_little ? nullptr : &found->second;
}

Plan Visibility::shared_guard(fhir::TypeId type) const {
  const std::shared_ptr<const Plan>* const large = large_guard(type);
  return large == nullptr ? guard(type) : Plan::make_shared(*large);
}

ElementPaths Visibility::hidden_by_any(fhir::TypeId type) const {
  ElementPaths hidden;
  if (const auto* const all = ways(type)) {
    for (const Way& way : *all) hidden.insert(way.hidden.begin(), way.hidden.end());
  }
  return hidden;
}

void Visibility::narrow(fhir::TypeId type, std::shared_ptr<const Plan> guard) {
  const Plan& present = this->guard(type);
  if (present.kind == Plan::Kind::none || guard->kind == Plan::Kind::all) return;
  const bool replaces = present.kind == Plan::Kind::all || guard->kind == Plan::Kind::none;
  guards_.insert_or_assign(type, replaces ? std::move(guard) : std::make_shared<const Plan>(both(present, *guard)));
}

Plan where_shown(const Registry& registry, const Parameter& parameter, const Visibility& visible) {
  if (!visible.hides_elements()) return Plan::make_all();
  const fhir::Definitions& definitions = registry.definitions();
  const ElementsRead read = elements_read(definitions, parameter);
  if (read.goes_beyond) return Plan::make_none();
  const std::vector<Way>* const ways = visible.ways(parameter.type);
  if (ways == nullptr) return Plan::make_all();
  std::vector<Plan> showing;
  for (const Way& way : *ways) {
    const auto touches = [&](const ElementPath& path) { return read.touches(definitions, path); };
    if (std::ranges::none_of(way.hidden, touches)) showing.push_back(*way.plan);
  }
  if (showing.size() == ways->size()) return Plan::make_all();
  if (showing.empty()) return Plan::make_none();
  std::vector<Plan> child;
  child.push_back(is_contained());
  return both(any_of(std::move(showing)), Plan::make(Plan::Kind::not_, std::move(child)));
}

void restrict_elements(const Registry& registry, const Visibility& visible, Plan& plan) {
  if (visible.hides_elements()) Restriction(registry, visible).apply(plan, Restriction::Of::elements);
}

void add_guard(const Visibility& visible, Query& query) {
  Plan guard = visible.shared_guard(query.type);
  if (query.plan.kind == Plan::Kind::and_ && guard.kind == Plan::Kind::shared) {
    query.plan.children.push_back(std::move(guard));  // no layer that engines would have to look through
  } else {
    query.plan = both(std::move(query.plan), std::move(guard));
  }
}

std::vector<Query> guarded(std::span<const Query> queries, const Visibility& visible) {
  std::vector<Query> guarded(queries.begin(), queries.end());
  for (Query& query : guarded) add_guard(visible, query);
  return guarded;
}

Status restrict_parts(const Registry& registry, const Visibility& visible, Query& query) {
  if (visible.sees_everything()) return kOk;
  if (query.scope == Scope::contained) {
    return forbidden("contained resources are only searched by those who may see everything");
  }
  const Restriction restriction(registry, visible);
  restriction.apply(query.plan, Restriction::Of::elements_and_steps);
  return restriction.sort(query);
}

bool has_parts_to_restrict(const Visibility& visible, const Query& query) {
  if (visible.sees_everything()) return false;
  return query.scope == Scope::contained || visible.hides_elements() || has_steps(query.plan);
}

Result<std::vector<Include>> restrict(const Registry& registry, const Visibility& visible,
                                      const std::vector<Include>& includes) {
  if (!visible.hides_elements()) return includes;
  std::vector<Include> kept;
  for (const Include& include : includes) {
    if (include.parameter == nullptr) {
      if (include.source != fhir::kNoType && shows_all_references(registry, include.source, visible)) {
        kept.push_back(include);
        continue;
      }
      return forbidden("what is referred to by elements that are hidden from you is not included: name parameters");
    }
    const Plan shown = where_shown(registry, *include.parameter, visible);
    if (shown.kind == Plan::Kind::all) kept.push_back(include);
    if (shown.kind != Plan::Kind::all && shown.kind != Plan::Kind::none) {
      return hidden_from_some(*include.parameter, "an include by it");
    }
  }
  return kept;
}

}  // namespace vesta::search
