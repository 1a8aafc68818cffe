// Restriction of plans: each step to a resource is a step to one that may be seen.
#include "search/visibility.h"

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

void restrict_steps(Plan& plan, const Visibility& visible) {
  for (Plan& child : plan.children) restrict_steps(child, visible);
  if (plan.kind != Plan::Kind::chain && plan.kind != Plan::Kind::has) return;
  const Plan& guard = visible.guard(plan.link.type);
  if (guard.kind == Plan::Kind::all) return;
  // A chain may lead to what the subject contains; nothing that is contained leads back by `_has`.
  Plan allowed = plan.kind == Plan::Kind::chain ? either(guard, is_contained()) : guard;
  plan.children.front() = both(std::move(plan.children.front()), std::move(allowed));
}

}  // namespace

const Visibility& Visibility::everything() {
  static const Visibility everything(Plan::make_all());
  return everything;
}

void Visibility::add(fhir::TypeId type, std::shared_ptr<const Plan> guard) {
  const Plan& present = this->guard(type);
  if (present.kind == Plan::Kind::all || guard->kind == Plan::Kind::none) return;
  const bool replaces = present.kind == Plan::Kind::none || guard->kind == Plan::Kind::all;
  guards_.insert_or_assign(type, replaces ? std::move(guard) : std::make_shared<const Plan>(either(present, *guard)));
}

void Visibility::narrow(fhir::TypeId type, std::shared_ptr<const Plan> guard) {
  const Plan& present = this->guard(type);
  if (present.kind == Plan::Kind::none || guard->kind == Plan::Kind::all) return;
  const bool replaces = present.kind == Plan::Kind::all || guard->kind == Plan::Kind::none;
  guards_.insert_or_assign(type, replaces ? std::move(guard) : std::make_shared<const Plan>(both(present, *guard)));
}

Result<Query> restrict(const Query& query, const Visibility& visible) {
  Query restricted = query;
  if (visible.sees_everything()) return restricted;
  if (query.scope == Scope::contained) {
    return make_error(Category::forbidden, "contained resources are only searched by those who may see everything");
  }
  restrict_steps(restricted.plan, visible);
  restricted.plan = both(std::move(restricted.plan), visible.guard(query.type));
  return restricted;
}

}  // namespace vesta::search
