// The rewrites one by one, and what they share.
#pragma once

#include "search/parameter.h"
#include "search/plan.h"

namespace vesta::search::rewrites {

// Lists of more children are not searched for what some have in common, each with each.
inline constexpr std::size_t kMaxCompared = 256;

// And within And, Or within Or, and lists of one child: And(a, And(b, c)) = And(a, b, c).
bool flatten(const Registry& registry, Plan& plan);
// What holds for all resources, or for none: And(a, none) = none, Or(a, none) = a, chain to none = none.
bool fold(const Registry& registry, Plan& plan);
// The same child twice: And(a, b, a) = And(a, b).
bool duplicates(const Registry& registry, Plan& plan);
// Not(Not(a)) = a; Not(Or(a, b)) = And(Not(a), Not(b)), whose parts an And above can take in.
bool negation(const Registry& registry, Plan& plan);
// Or(chain to a, chain to b) by the same link = chain to Or(a, b). Not so within And: each may have its own target.
bool links(const Registry& registry, Plan& plan);
// Or(And(a, b), And(a, c)) = And(a, Or(b, c)): what all alternatives ask for leads.
bool hoist(const Registry& registry, Plan& plan);
// An Or of codes with their systems of one parameter = a set of codes.
bool code_sets(const Registry& registry, Plan& plan);
// A composite has a component that is a parameter of its own too: And(code, composite) = composite. Engines can look
// for the code in their own order.
bool components(const Registry& registry, Plan& plan);

// The same tree? False where that is not easily seen.
bool is_same(const Plan& left, const Plan& right);

// Calls `change` with each node, children first. True if any call said so.
template <class Change>
bool each_node(Plan& plan, const Change& change) {
  bool changed = false;
  for (Plan& child : plan.children) changed = each_node(child, change) || changed;
  return change(plan) || changed;
}

inline bool is_list(const Plan& plan) {
  return plan.kind == Plan::Kind::and_ || plan.kind == Plan::Kind::or_;
}
inline bool is_link(const Plan& plan) {
  return plan.kind == Plan::Kind::chain || plan.kind == Plan::Kind::has || plan.kind == Plan::Kind::contains;
}

}  // namespace vesta::search::rewrites
