// Visibility: which resources somebody may see, as plans, and queries restricted to these.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "search/elements.h"
#include "search/plan.h"

namespace vesta::search {

// One of several ways in which resources of a type are seen: those that satisfy the plan, without these elements.
struct Way {
  std::shared_ptr<const Plan> plan;
  ElementPaths hidden;  // of that type
};

// For each type the guard: the plan that a resource must satisfy to be seen. Guards are decided on everything that is
// there, hidden resources too. An element of a resource is hidden if every way that shows the resource hides it; of a
// resource that stands in another one, which no guard is asked about, if any way of its type does. Immutable once it is
// shared.
class Visibility {
 public:
  // Of types without a guard of their own nothing is seen.
  static Visibility nothing() { return Visibility(Plan::make_none()); }
  static const Visibility& everything();

  // One more way to see resources of the type. Several may share a plan, which is large.
  void add(fhir::TypeId type, std::shared_ptr<const Plan> guard, const ElementPaths& hidden = {});
  void add(fhir::TypeId type, Plan guard) { add(type, std::make_shared<const Plan>(std::move(guard))); }
  // All of these must be satisfied as well.
  void narrow(fhir::TypeId type, std::shared_ptr<const Plan> guard);
  void narrow(fhir::TypeId type, Plan guard) { narrow(type, std::make_shared<const Plan>(std::move(guard))); }

  const Plan& guard(fhir::TypeId type) const {
    const auto found = guards_.find(type);
    return found == guards_.end() ? others_ : *found->second;
  }
  // The same as a part of a larger plan.
  Plan shared_guard(fhir::TypeId type) const;
  // The same as many queries share it; null: it is all or none, as guard() says.
  const std::shared_ptr<const Plan>* large_guard(fhir::TypeId type) const;
  const std::map<fhir::TypeId, std::shared_ptr<const Plan>>& guards() const { return guards_; }
  bool sees_all(fhir::TypeId type) const { return guard(type).kind == Plan::Kind::all; }
  bool sees_none(fhir::TypeId type) const { return guard(type).kind == Plan::Kind::none; }
  bool sees_everything() const { return guards_.empty() && others_.kind == Plan::Kind::all; }

  // Of a type of which elements may be hidden; else null. Several ways hide different elements each; what a scope
  // narrows is not in their plans.
  const std::vector<Way>* ways(fhir::TypeId type) const {
    const auto found = ways_.find(type);
    return found == ways_.end() ? nullptr : &found->second;
  }
  bool hides_elements() const { return !ways_.empty(); }
  // What any way of the type hides.
  ElementPaths hidden_by_any(fhir::TypeId type) const;

 private:
  void add_way(fhir::TypeId type, const std::shared_ptr<const Plan>& guard, const ElementPaths& hidden);

  explicit Visibility(Plan others) : others_(std::move(others)) {}

  std::map<fhir::TypeId, std::shared_ptr<const Plan>> guards_;
  std::map<fhir::TypeId, std::vector<Way>> ways_;
  Plan others_;  // of all other types: all or none
};

// The resources of the parameter's type of which no element is hidden that the parameter may read: all, none or a plan,
// which no resource satisfies that stands in another one. `_text` and `_content` read everything.
Plan where_shown(const Registry& registry, const Parameter& parameter, const Visibility& visible);

// A plan of somebody who is asked what is hidden from them: it holds as if the elements were not there. Steps lead to
// all.
void restrict_elements(const Registry& registry, const Visibility& visible, Plan& plan);

// The two halves of a query that finds what it would find if the resources that are hidden were not there: neither
// behind chains and `_has` (restrict_parts) nor as matches (add_guard); and if the elements that are hidden were not
// there: a criterion or a step by a parameter that may read one holds only where_shown. What a visible resource
// contains is visible with it. Errors: forbidden (a query of Scope::contained, unless everything is visible: its
// matches have no guard that could be asked; an order by what is hidden of some resources only: by what is hidden of
// all, the order is that of resources without values).
Status restrict_parts(const Registry& registry, const Visibility& visible, Query& query);
void add_guard(const Visibility& visible,
               Query& query);  // of a search the engine's work: store::SearchOptions::visible
std::vector<Query> guarded(std::span<const Query> queries, const Visibility& visible);
// May restrict_parts change anything of it, or refuse it?
bool has_parts_to_restrict(const Visibility& visible, const Query& query);
// The includes of a query that is so restricted: those by what is hidden of all are left out. Errors: forbidden (by
// what is hidden of some; by every parameter of a type, one of which that is; of any type, if anything is hidden).
Result<std::vector<Include>> restrict(const Registry& registry, const Visibility& visible,
                                      const std::vector<Include>& includes);

}  // namespace vesta::search
