// For the tests of reading searches: queries parsed against R4, plans as short text, expected refusals.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fhir/datetime.h"
#include "search/query_text.h"
#include "search/test_support.h"

namespace vesta::search::testing {

inline constexpr std::string_view kBase = "http://localhost:8080/fhir";
inline const Instant kNow{fhir::parse_time_range("2020-01-01T00:00:00Z")->low};

inline Result<Search> parse(fhir::TypeId searched, const std::string& query, Handling handling = Handling::strict) {
  const auto parameters = http::parse_query(query);
  CHECK(parameters.has_value());
  return parse_search({registry(), kBase, kNow, handling}, searched, *parameters);
}

// A plan as text, the keys of numbers aside: and(…), or(…), code:what it matches.
inline std::string print(const Plan& plan);
inline std::string print(const Leaf& leaf) {
  const auto optional = [](const std::optional<std::string>& text) { return text ? "'" + *text + "'" : "*"; };
  struct Printer {
    decltype(optional)& maybe;
    std::string operator()(const TokenMatch& m) const {
      return (m.unequal ? "!" : "") + maybe(m.system) + "|" + maybe(m.code);
    }
    std::string operator()(const StringMatch& m) const {
      const char* marks[] = {"^", "=", "~", "$", "==", "!=", ">", "<", ">=", "<="};
      return marks[static_cast<std::size_t>(m.mode)] + m.text;
    }
    std::string operator()(const ReferenceMatch& m) const {
      std::string text;
      for (const auto id : m.types) text += (text.empty() ? "" : "+") + std::string(fhir::r4().type(id).name);
      return (text.empty() ? "*" : text) + "/" + m.id;
    }
    std::string operator()(const DateMatch& m) const {
      return std::to_string(static_cast<int>(m.prefix)) + "[" + std::to_string(m.low / 1'000'000) + "," +
             std::to_string(m.high / 1'000'000) + ")";
    }
    std::string operator()(const NumberMatch& m) const { return "number" + std::to_string(static_cast<int>(m.prefix)); }
    std::string operator()(const QuantityMatch& m) const {
      return (*this)(m.number) + " " + maybe(m.system) + "|" + maybe(m.code);
    }
    std::string operator()(const UriMatch& m) const { return (m.mode == UriMode::unequal ? "!<" : "<") + m.uri + ">"; }
    std::string operator()(const IdMatch& m) const { return (m.unequal ? "!" : "") + m.id; }
    std::string operator()(const IdSetMatch& m) const { return "set of " + std::to_string(m.set->ids.size()); }
    std::string operator()(const ReferenceSetMatch& m) const {
      return std::string(fhir::r4().type(m.type).name) + "/set of " + std::to_string(m.set->ids.size());
    }
    std::string operator()(const UriSetMatch& m) const {
      return m.urls + "set of " + std::to_string(m.set->ids.size());
    }
    std::string operator()(const LastUpdatedMatch& m) const { return (*this)(m.date); }
    std::string operator()(const TokenSetMatch& m) const { return "set of " + std::to_string(m.set->codes.size()); }
    std::string operator()(const PresentMatch&) const { return "present"; }
    std::string operator()(const CompositeMatch& m) const {
      std::string text;
      for (const Leaf& leaf : m.components) text += (text.empty() ? "" : "$") + print(leaf);
      return text;
    }
    std::string operator()(const PositionMatch& m) const { return std::to_string(static_cast<int>(m.meters)) + "m"; }
    std::string operator()(const WordMatch& m) const { return m.word + (m.is_prefix ? "*" : ""); }
  };
  const std::string name = leaf.parameter != nullptr                              ? std::string(leaf.parameter->code)
                           : std::holds_alternative<LastUpdatedMatch>(leaf.match) ? "_lastUpdated"
                                                                                  : "_id";
  return name + ":" + std::visit(Printer{optional}, leaf.match);
}
inline std::string print(const Plan& plan) {
  if (plan.kind == Plan::Kind::all) return "all";
  if (plan.kind == Plan::Kind::none) return "none";
  if (plan.kind == Plan::Kind::leaf) return print(plan.leaf);
  if (plan.kind == Plan::Kind::chain || plan.kind == Plan::Kind::has) {
    const std::string_view type = fhir::r4().type(plan.link.type).name;
    const std::string_view code = plan.link.parameter->code;
    const std::string link = plan.kind == Plan::Kind::chain ? std::string(code) + ">" + std::string(type)
                                                            : std::string(type) + "." + std::string(code) + "<";
    return link + "(" + print(plan.children.front()) + ")";
  }
  if (plan.kind == Plan::Kind::contains) {
    return "contains " + std::string(fhir::r4().type(plan.link.type).name) + "(" + print(plan.children.front()) + ")";
  }
  std::string text = plan.kind == Plan::Kind::and_ ? "and(" : plan.kind == Plan::Kind::or_ ? "or(" : "not(";
  for (const Plan& child : plan.children) text += (text.back() == '(' ? "" : " ") + print(child);
  return text + ")";
}

inline std::string plan_of(std::string_view searched, const std::string& query) {
  const auto search = parse(type(searched), query);
  if (!search) return "error: " + search.error().message;
  CHECK(search->queries.size() == 1);
  return print(search->queries[0].plan);
}

// Refused in both handlings, with an issue that names the parameter and the given piece of it.
inline void expect_rejected(std::string_view searched, const std::string& query, const std::string& name,
                            const std::string& piece = "") {
  for (const Handling handling : {Handling::strict, Handling::lenient}) {
    const auto search = parse(type(searched), query, handling);
    ASSERT_FALSE(search.ok()) << query;
    EXPECT_EQ(search.error().category, Category::invalid) << query;
    ASSERT_FALSE(search.error().issues.empty()) << query;
    const std::string& why = search.error().issues.front().diagnostics;
    EXPECT_NE(why.find("'" + name + "'"), std::string::npos) << query << ": " << why;
    EXPECT_NE(why.find(piece), std::string::npos) << query << ": " << why;
  }
}

// Refused when strict; left out and listed when lenient.
inline void expect_refused(std::string_view searched, const std::string& query, const std::string& name) {
  const auto strict = parse(type(searched), query);
  ASSERT_FALSE(strict.ok()) << query;
  EXPECT_EQ(strict.error().category, Category::invalid);
  EXPECT_NE(strict.error().issues.front().diagnostics.find(name), std::string::npos) << query;
  const auto lenient = parse(type(searched), query, Handling::lenient);
  ASSERT_TRUE(lenient.ok()) << query << ": " << lenient.error().message;
  ASSERT_EQ(lenient->ignored.size(), 1u) << query;
  EXPECT_EQ(lenient->ignored[0].severity, Severity::warning);
  EXPECT_NE(lenient->ignored[0].diagnostics.find(name), std::string::npos) << query;
  EXPECT_TRUE(lenient->applied.empty()) << query;
  EXPECT_EQ(lenient->queries[0].plan.kind, Plan::Kind::all) << query;
}

}  // namespace vesta::search::testing
