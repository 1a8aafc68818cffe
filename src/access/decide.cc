// Deciding by the matcher where values are at hand, and by searches of the store where links lead away.
#include "access/decide.h"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "search/combine.h"
#include "search/extract.h"
#include "search/links.h"
#include "search/values_of.h"
#include "store/scratch.h"

namespace vesta::access {
namespace {

using search::Plan;

// Is there a resource of the type with this id that satisfies `plan`?
Result<bool> exists(const Deciding& deciding, fhir::TypeId type, std::string_view id, const Plan& plan) {
  VESTA_TRY(const store::SearchPage page, deciding.store.search(one_of(deciding, type, id, plan), {.count = 0}));
  return page.total.value_or(0) > 0;
}

// The ids of the resources of `type` that the subject refers to by the parameter.
std::set<std::string_view> targets_of(const Deciding& deciding, const search::Subject& subject,
                                      const search::Parameter& parameter, fhir::TypeId type) {
  std::set<std::string_view> ids;
  for (const search::ReferenceValue& reference : search::values_of(subject.values->references, parameter.id)) {
    if (reference.type == type) ids.insert(reference.id);
  }
  for (const search::UriValue& uri : search::values_of(subject.values->uris, parameter.id)) {
    const auto own = search::own_resource(deciding.registry.definitions(), deciding.base_url, uri.uri);
    if (own && own->type == type) ids.insert(own->id);
  }
  return ids;
}

// No resource but the subject.
class Nothing final : public search::Surroundings {
 public:
  explicit Nothing(const Deciding& deciding) : deciding_(deciding) {}
  const search::Subject* find(fhir::TypeId, std::string_view) const override { return nullptr; }
  void each(fhir::TypeId, const std::function<bool(const search::Subject&)>&) const override {}
  const search::Registry& registry() const override { return deciding_.registry; }
  std::string_view base_url() const override { return deciding_.base_url; }

 private:
  const Deciding& deciding_;
};

Result<bool> decide_chain(const Deciding& deciding, const Plan& plan, const search::Subject& subject) {
  const Nothing nothing(deciding);
  if (search::matches(plan, subject, &nothing)) return true;  // by what it contains
  for (const std::string_view id : targets_of(deciding, subject, *plan.link.parameter, plan.link.type)) {
    VESTA_TRY(const bool leads, exists(deciding, plan.link.type, id, plan.children.front()));
    if (leads) return true;
  }
  return false;
}

}  // namespace

search::Query one_of(const Deciding& deciding, fhir::TypeId type, std::string_view id, const Plan& plan) {
  Plan is_this = Plan::make_leaf({nullptr, search::IdMatch{.id = std::string(id)}});
  return {type, search::both(std::move(is_this), plan), {}, std::string(deciding.base_url)};
}

Result<bool> decide(const Deciding& deciding, const Plan& plan, const search::Subject& subject) {
  switch (plan.kind) {
    case Plan::Kind::and_:
    case Plan::Kind::or_: {
      const bool decisive = plan.kind == Plan::Kind::or_;
      for (const Plan& child : plan.children) {
        VESTA_TRY(const bool holds, decide(deciding, child, subject));
        if (holds == decisive) return decisive;
      }
      return !decisive;
    }
    case Plan::Kind::not_: {
      VESTA_TRY(const bool holds, decide(deciding, plan.children.front(), subject));
      return !holds;
    }
    case Plan::Kind::chain:
      return decide_chain(deciding, plan, subject);
    case Plan::Kind::has:
      return exists(deciding, subject.type, subject.id, plan);
    case Plan::Kind::shared:
      return decide(deciding, *plan.shared, subject);
    default:
      return search::matches(plan, subject, nullptr);
  }
}

Result<bool> decide(const Deciding& deciding, const Plan& plan, const store::Version& version) {
  if (plan.kind == Plan::Kind::all || plan.kind == Plan::Kind::none) return plan.kind == Plan::Kind::all;
  if (version.deleted) {
    const VersionId before{version.version.value - 1};
    VESTA_TRY(const auto deleted, deciding.store.read_version(version.type, version.id, before));
    if (!deleted) return false;
    return decide(deciding, plan, *deleted);
  }
  store::ScratchLease scratch(deciding.registry.definitions());
  VESTA_TRY(const fhir::Node* const root, scratch->read(version));
  VESTA_TRY(const search::IndexValues values, search::extract_for(deciding.registry, plan, *root, scratch->arena));
  return decide(deciding, plan, search::Subject{version.type, version.id, version.last_updated, &values});
}

}  // namespace vesta::access
