// Walks over all that a search goes by, and over all index values.
#include "search/readiness.h"

#include <algorithm>
#include <string>

namespace vesta::search {
namespace {

class Check {
 public:
  explicit Check(const Registry& registry) : registry_(registry) {}

  Status search(std::span<const Query> queries, std::span<const Include> includes) const {
    for (const Query& query : queries) {
      VESTA_CHECK_OK(plan(query.plan));
      for (const SortKey& key : query.sort) VESTA_CHECK_OK(parameter(key.parameter));
    }
    for (const Include& include : includes) VESTA_CHECK_OK(parameter(include.parameter));
    return kOk;
  }
  Status guards(std::span<const Query> queries, std::span<const Include> includes, const Visibility& visible) const {
    for (const auto& [type, guard] : visible.guards()) {
      const bool is_asked = std::ranges::find(queries, type, &Query::type) != queries.end() ||
                            std::ranges::any_of(includes, [&](const Include& each) { return may_bring(each, type); });
      if (is_asked) VESTA_CHECK_OK(plan(*guard));
    }
    return kOk;
  }

 private:
  static bool may_bring(const Include& include, fhir::TypeId type) {
    const bool is_reverse = include.direction == Include::Direction::reverse;
    const fhir::TypeId brought = is_reverse ? include.source : include.target;
    return brought == fhir::kNoType || brought == type;
  }

  Status plan(const Plan& plan) const {
    VESTA_CHECK_OK(parameter(plan.leaf.parameter));
    VESTA_CHECK_OK(parameter(plan.link.parameter));
    for (const Plan& child : plan.children) VESTA_CHECK_OK(this->plan(child));
    if (plan.shared != nullptr) VESTA_CHECK_OK(this->plan(*plan.shared));
    return kOk;
  }

  Status parameter(const Parameter* parameter) const {
    if (parameter == nullptr) return kOk;
    const Readiness readiness = registry_.readiness(parameter->id);
    if (readiness == Readiness::ready) return kOk;
    const std::string code(parameter->definition->code);
    std::string named =
        "The search parameter '" + code + "' of " + std::string(registry_.definitions().type(parameter->type).name);
    if (readiness == Readiness::retired) {
      return Error{Category::invalid, {}, {{Severity::error, "not-found", named + " was taken away.", code}}};
    }
    named += " is being indexed.";  // how far, $index-status tells those who may know
    return Error{Category::busy, {}, {{Severity::error, "transient", named, code}}};
  }

  const Registry& registry_;
};

}  // namespace

Status check_ready(const Registry& registry, std::span<const Query> queries, std::span<const Include> includes,
                   const Visibility* visible) {
  if (registry.has_none_but_r4s()) return kOk;
  const Check check(registry);
  VESTA_CHECK_OK(check.search(queries, includes));
  return visible == nullptr ? kOk : check.guards(queries, includes, *visible);
}

void keep_ready(const Registry& registry, IndexValues& values) {
  if (registry.generation() == 0) return;  // there are none but R4's
  erase_values(values, [&registry](ParameterId id) { return registry.readiness(id) != Readiness::ready; });
}

}  // namespace vesta::search
