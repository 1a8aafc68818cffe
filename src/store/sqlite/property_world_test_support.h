// For property tests: the current resources as the matcher meets them, and queries as text.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/matcher.h"
#include "search/plan_text.h"
#include "search/random_resource.h"
#include "search/rewrite/rules.h"
#include "search/test_support.h"

namespace vesta::store::test {

// The current resources, as the matcher follows links through them. Borrows their names and values.
class World final : public search::Surroundings {
 public:
  std::map<fhir::TypeId, std::map<std::string_view, search::Subject>> subjects;

  const search::Subject* find(fhir::TypeId type, std::string_view id) const override {
    const auto of_type = subjects.find(type);
    if (of_type == subjects.end()) return nullptr;
    const auto found = of_type->second.find(id);
    return found == of_type->second.end() ? nullptr : &found->second;
  }
  void each(fhir::TypeId type, const std::function<bool(const search::Subject&)>& visit) const override {
    const auto of_type = subjects.find(type);
    if (of_type == subjects.end()) return;
    for (const auto& [id, subject] : of_type->second) {
      if (!visit(subject)) return;
    }
  }
  const search::Registry& registry() const override { return search::testing::registry(); }
  std::string_view base_url() const override { return search::testing::RandomPool::kBaseUrl; }
};

inline std::string describe(const search::Query& query) {
  std::string text = query.scope == search::Scope::contained ? "contained " : "";
  text += fhir::r4().type(query.type).name;
  text += ": " + search::to_text(query.plan, search::testing::registry());
  for (const search::SortKey& key : query.sort) {
    text += key.descending ? " by -" : " by ";
    text += key.parameter != nullptr                    ? std::string(key.parameter->code)
            : key.column == search::SortKey::Column::id ? "_id"
                                                        : "_lastUpdated";
  }
  return text;
}

inline std::string describe(const std::vector<search::Include>& includes) {
  std::string text;
  for (const search::Include& include : includes) {
    const auto name = [](fhir::TypeId type) {
      return type == fhir::kNoType ? "*" : std::string(fhir::r4().type(type).name);
    };
    text += include.direction == search::Include::Direction::forward ? " _include" : " _revinclude";
    text += include.iterate ? ":iterate=" : "=";
    text += name(include.source) + ":" + (include.parameter == nullptr ? "*" : std::string(include.parameter->code)) +
            ":" + name(include.target);
  }
  return text;
}

inline std::string describe(std::span<const search::Query> queries) {
  std::string text;
  for (const search::Query& query : queries) text += (text.empty() ? "" : "; ") + describe(query);
  return text;
}

// Does it ask for other resources too?
inline bool has_link(const search::Plan& plan) {
  return search::rewrites::is_link(plan) || std::ranges::any_of(plan.children, has_link);
}

}  // namespace vesta::store::test
