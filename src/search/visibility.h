// Visibility: which resources somebody may see, as plans, and queries restricted to these.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "base/result.h"
#include "search/plan.h"

namespace vesta::search {

// For each type the guard: the plan that a resource must satisfy to be seen. Guards are decided on everything that is
// there, hidden resources too. Immutable once it is shared.
class Visibility {
 public:
  // Of types without a guard of their own nothing is seen.
  static Visibility nothing() { return Visibility(Plan::make_none()); }
  static const Visibility& everything();

  // One more way to see resources of the type. Several may share a plan, which is large.
  void add(fhir::TypeId type, std::shared_ptr<const Plan> guard);
  void add(fhir::TypeId type, Plan guard) { add(type, std::make_shared<const Plan>(std::move(guard))); }
  // All of these must be satisfied as well.
  void narrow(fhir::TypeId type, std::shared_ptr<const Plan> guard);
  void narrow(fhir::TypeId type, Plan guard) { narrow(type, std::make_shared<const Plan>(std::move(guard))); }

  const Plan& guard(fhir::TypeId type) const {
    const auto found = guards_.find(type);
    return found == guards_.end() ? others_ : *found->second;
  }
  bool sees_all(fhir::TypeId type) const { return guard(type).kind == Plan::Kind::all; }
  bool sees_none(fhir::TypeId type) const { return guard(type).kind == Plan::Kind::none; }
  bool sees_everything() const { return guards_.empty() && others_.kind == Plan::Kind::all; }

 private:
  explicit Visibility(Plan others) : others_(std::move(others)) {}

  std::map<fhir::TypeId, std::shared_ptr<const Plan>> guards_;
  Plan others_;  // of all other types: all or none
};

// The query that finds what `query` would find if the resources that are hidden were not there: neither as matches nor
// behind chains and `_has`. What a visible resource contains is visible with it. Errors: forbidden (a query of
// Scope::contained, unless everything is visible: its matches have no guard that could be asked).
Result<Query> restrict(const Query& query, const Visibility& visible);

}  // namespace vesta::search
