// For property tests: queries as text.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "search/plan_text.h"
#include "search/rewrite/rules.h"
#include "search/test_support.h"

namespace vesta::store::test {

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
  if (plan.kind == search::Plan::Kind::shared) return has_link(*plan.shared);
  return search::rewrites::is_link(plan) || std::ranges::any_of(plan.children, has_link);
}

}  // namespace vesta::store::test
