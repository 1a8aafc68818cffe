// Follows references to the same type, level by level.
#include "ops/store_hierarchy.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace vesta::ops {
namespace {

using search::Parameter;
using search::Plan;
using search::ResourceName;

constexpr std::size_t kIdsPerQuery = 100;

bool refers_to_itself(const Parameter& parameter, fhir::TypeId type) {
  if (parameter.facet != search::Facet::value || parameter.kind != fhir::SearchParamType::reference) return false;
  const auto& targets = parameter.definition->targets;
  return targets.size() == 1 && targets[0] == type;
}

// One of `ids`, by a step up or down.
Plan next_to(const Parameter& parameter, fhir::TypeId type, std::span<const std::string> ids, Plan::Kind step) {
  std::vector<Plan> any;
  for (const std::string& id : ids) any.push_back(Plan::make_leaf({nullptr, search::IdMatch{id}}));
  Plan named = any.size() == 1 ? std::move(any.front()) : Plan::make(Plan::Kind::or_, std::move(any));
  return Plan::make_link(step, {&parameter, type}, std::move(named));
}

}  // namespace

const Parameter* hierarchy_parameter(const search::Registry& registry, fhir::TypeId type) {
  const Parameter* only = nullptr;
  std::size_t count = 0;
  for (const Parameter* found : registry.parameters_of(type)) {
    const Parameter* parameter = registry.find_core(type, found->code);
    if (parameter == nullptr || !refers_to_itself(*parameter, type)) continue;
    if (parameter->code == "partof" || parameter->code == "part-of") return parameter;
    only = parameter;
    ++count;
  }
  return count == 1 ? only : nullptr;
}

StoreHierarchy hierarchy_of(const Context& context) {
  return {context.registry, context.store.unwitnessed(), context.base_url};
}

Result<std::vector<ResourceName>> StoreHierarchy::below(const ResourceName& name) const {
  return closure(name, Plan::Kind::chain);
}

Result<std::vector<ResourceName>> StoreHierarchy::above(const ResourceName& name) const {
  return closure(name, Plan::Kind::has);
}

// 1. Begin with the resource. 2. Search what is one step from those that were found last. 3. Again, until nothing new
// comes. https://hl7.org/fhir/R4/search.html#recursive
Result<std::vector<ResourceName>> StoreHierarchy::closure(const ResourceName& name, Plan::Kind step) const {
  const std::string_view type_name = registry_.definitions().type(name.type).name;
  const Parameter* parameter = hierarchy_parameter(registry_, name.type);
  if (parameter == nullptr) {
    return make_error(Category::unsupported,
                      "Resources of type " + std::string(type_name) + " are no parts of others.");
  }
  std::set<std::string> seen{name.id};
  std::vector<std::string> frontier{name.id};
  while (!frontier.empty()) {
    std::vector<std::string> found;
    for (std::size_t begin = 0; begin < frontier.size(); begin += kIdsPerQuery) {
      const auto ids = std::span(frontier).subspan(begin, std::min(kIdsPerQuery, frontier.size() - begin));
      const search::Query query{name.type, next_to(*parameter, name.type, ids, step), {}, base_url_};
      store::SearchOptions options;
      options.count = store::kMaxPageSize;
      for (bool more = true; more;) {
        VESTA_TRY(store::SearchPage page, store_.search(query, options));
        for (store::Version& version : page.entries) {
          if (seen.insert(version.id).second) found.push_back(std::move(version.id));
        }
        if (seen.size() > kMaxHierarchy + 1) {  // and the resource itself
          return make_error(Category::too_large, "More than " + std::to_string(kMaxHierarchy) + " resources stand " +
                                                     (step == Plan::Kind::chain ? "below " : "above ") +
                                                     std::string(type_name) + "/" + name.id + ".");
        }
        more = page.next.has_value();
        if (more) options.from = *page.next;
      }
    }
    frontier = std::move(found);
  }
  std::vector<ResourceName> names;
  for (const std::string& id : seen) names.push_back({name.type, id});
  return names;
}

}  // namespace vesta::ops
