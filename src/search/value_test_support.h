// For the tests of single values: one criterion of one parameter against a resource, from its text to the answer.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fhir/datetime.h"
#include "search/codes.h"
#include "search/hierarchy.h"
#include "search/matcher.h"
#include "search/params/parse.h"
#include "search/test_support.h"

namespace vesta::search::testing {

// Knows one value set and one code system (a over b over c), and nothing else.
class SmallCodes : public CodeSource {
 public:
  using Codes = Result<std::shared_ptr<const TokenSet>>;
  Codes value_set(std::string_view reference) const override {
    if (reference == "http://vs" || reference == "ValueSet/123") return set({{"http://s", "a"}, {"http://s", "b"}});
    if (reference == "http://whole") return std::make_shared<const TokenSet>(TokenSet{{}, {"http://s"}});
    return make_error(Category::invalid, "the value set '" + std::string(reference) + "' is unknown");
  }
  Codes subsumed_by(std::string_view system, std::string_view code) const override {
    if (!knows(system) || code != "b") return make_error(Category::invalid, "the code is unknown");
    return set({{"http://s", "b"}, {"http://s", "c"}});
  }
  Codes subsuming(std::string_view system, std::string_view code) const override {
    if (!knows(system) || code != "b") return make_error(Category::invalid, "the code is unknown");
    return set({{"http://s", "a"}, {"http://s", "b"}});
  }

 private:
  static bool knows(std::string_view system) { return system.empty() || system == "http://s"; }
  static std::shared_ptr<const TokenSet> set(std::vector<std::pair<std::string, std::string>> codes) {
    return std::make_shared<const TokenSet>(TokenSet{std::move(codes), {}});
  }
};

// Locations: building over ward over bed.
class SmallHierarchy : public Hierarchy {
 public:
  Result<std::vector<ResourceName>> below(const ResourceName& name) const override {
    return list(name, {{"building", "ward", "bed"}, {"ward", "bed"}, {"bed"}});
  }
  Result<std::vector<ResourceName>> above(const ResourceName& name) const override {
    return list(name, {{"bed", "ward", "building"}, {"ward", "building"}, {"building"}});
  }

 private:
  static Result<std::vector<ResourceName>> list(const ResourceName& name,
                                                const std::vector<std::vector<std::string>>& lines) {
    if (name.type != type("Location")) return make_error(Category::unsupported, "the type has no hierarchy");
    for (const std::vector<std::string>& line : lines) {
      if (line.front() != name.id) continue;
      std::vector<ResourceName> found;
      for (const std::string& id : line) found.push_back({name.type, id});
      return found;
    }
    return std::vector<ResourceName>{name};
  }
};

inline ParseContext value_context() {
  static const SmallCodes codes;
  static const SmallHierarchy hierarchy;
  const Instant now{fhir::parse_time_range("2020-01-01T00:00:00Z")->low};
  return {registry(), "http://localhost:8080/fhir", now, Handling::strict, &codes, &hierarchy};
}

// `name`: "code:text". One value, without the Not that negating modifiers call for.
inline Result<Plan> plan_of(std::string_view type_name, std::string_view name, std::string_view value,
                            const ParseContext& context = value_context()) {
  const std::size_t colon = name.find(':');
  const std::string_view modifier = colon == std::string_view::npos ? "" : name.substr(colon + 1);
  const Parameter* parameter = registry().find(type(type_name), name.substr(0, colon));
  CHECK(parameter != nullptr && params::is_readable(*parameter));
  return params::parse_value({context, parameter, name, modifier, value});
}

// "yes", "no", or the issue's code and text.
inline std::string answer(const Extracted& resource, std::string_view name, std::string_view value) {
  if (resource.error) return "no resource: " + resource.error->message;
  const std::string_view type_name = fhir::r4().type(resource.root->type).name;
  auto plan = plan_of(type_name, name, value);
  if (!plan) {
    const Error& error = plan.error();
    CHECK(!error.issues.empty());
    return error.issues.front().code + ": " + error.issues.front().diagnostics;
  }
  const bool is_negated = params::negates(name.substr(std::min(name.find(':'), name.size() - 1) + 1));
  const Subject subject{resource.root->type, "1", Instant{0}, &resource.values};
  return matches(*plan, subject) != is_negated ? "yes" : "no";
}

inline void expect_answer(const Extracted& resource, std::string_view name, std::string_view value,
                          std::string_view expected) {
  EXPECT_EQ(answer(resource, name, value), expected) << name << "=" << value;
}

// The modifier, or the form of the value, is refused, and the parameter is named.
inline void expect_refusal(const Extracted& resource, std::string_view name, std::string_view value,
                           std::string_view code) {
  const std::string found = answer(resource, name, value);
  EXPECT_TRUE(found.starts_with(std::string(code) + ": Parameter '" + std::string(name) + "'"))
      << name << "=" << value << ": " << found;
}

}  // namespace vesta::search::testing
