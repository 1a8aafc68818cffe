// Tests over every search parameter of R4: which modifiers it takes, which values, and where it may stand.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "search/chains.h"
#include "search/params/parse.h"
#include "search/query_test_support.h"

namespace vesta::search {
namespace {

using fhir::SearchParamType;
using testing::registry;

// Each parameter that can be searched by, with the type that it is of.
void each_parameter(const std::function<void(const Parameter&)>& visit) {
  for (std::size_t id = 0; id < fhir::r4().types().size(); ++id) {
    const auto type = static_cast<fhir::TypeId>(id);
    if (fhir::r4().type(type).kind != fhir::TypeKind::resource || fhir::r4().type(type).is_abstract) continue;
    for (const Parameter* parameter : registry().parameters_of(type)) {
      if (params::is_readable(*parameter) && registry().find(type, parameter->code) == parameter) visit(*parameter);
    }
  }
}

bool holds_words(const Parameter& parameter) {
  return parameter.code == "_text" || parameter.code == "_content";
}

// Refused as invalid by one issue of this code, whose text names the parameter as the query does.
void expect_named(const Parameter& parameter, const std::string& name, const std::string& value, std::string_view code,
                  Handling handling) {
  const std::string query = http::percent_encode(name) + "=" + http::percent_encode(value);
  const auto search = testing::parse(parameter.type, query, handling);
  const std::string where = std::string(fhir::r4().type(parameter.type).name) + "?" + query;
  ASSERT_FALSE(search.ok()) << where;
  EXPECT_EQ(search.error().category, Category::invalid) << where;
  ASSERT_EQ(search.error().issues.size(), 1U) << where;
  EXPECT_EQ(search.error().issues[0].code, code) << where;
  EXPECT_NE(search.error().issues[0].diagnostics.find("'" + name + "'"), std::string::npos)
      << where << ": " << search.error().issues[0].diagnostics;
}

// https://hl7.org/fhir/R4/search.html#modifiers. What needs more than the type of the parameter (an element that has a
// text, a server that has code systems) may be refused all the same.
std::vector<std::string_view> modifiers_of(const Parameter& parameter) {
  if (holds_words(parameter)) return {"missing"};
  switch (parameter.kind) {
    case SearchParamType::string:
      return {"missing", "exact", "contains"};
    case SearchParamType::token:
      return {"missing", "text", "not", "above", "below", "in", "not-in", "of-type"};
    case SearchParamType::reference:
      return {"missing", "above", "below", "identifier"};
    case SearchParamType::uri:
      return {"missing", "above", "below"};
    case SearchParamType::composite:
      return {};
    default:
      return {"missing"};
  }
}

TEST(EveryParameter, RefusesTheModifiersThatItsTypeHasNot) {
  std::size_t refused = 0;
  each_parameter([&](const Parameter& parameter) {
    const auto allowed = modifiers_of(parameter);
    for (const std::string_view modifier : {"missing", "exact", "contains", "text", "not", "above", "below", "in",
                                            "not-in", "of-type", "identifier", "Nothing", "iterate", "canonical"}) {
      if (std::ranges::find(allowed, modifier) != allowed.end()) continue;
      const std::string name = std::string(parameter.code) + ":" + std::string(modifier);
      const Handling handling = ++refused % 8 == 0 ? Handling::lenient : Handling::strict;
      expect_named(parameter, name, modifier == "missing" ? "true" : "x", "not-supported", handling);
    }
  });
  EXPECT_GT(refused, 10'000U);
}

TEST(EveryParameter, TakesTheModifiersOfItsType) {
  std::size_t taken = 0;
  const auto accepts = [](const Parameter& parameter, std::string_view modifier, const std::string& value) {
    const std::string query = std::string(parameter.code) + ":" + std::string(modifier) + "=" + value;
    const auto search = testing::parse(parameter.type, query);
    return search.ok() || search.error().category == Category::busy;
  };
  each_parameter([&](const Parameter& parameter) {
    const auto allowed = modifiers_of(parameter);
    for (const std::string_view modifier : {"missing", "exact", "contains", "not"}) {
      if (std::ranges::find(allowed, modifier) == allowed.end()) continue;
      for (const char* value : {"true", "false"}) {
        EXPECT_TRUE(accepts(parameter, modifier, value)) << parameter.definition->url << ":" << modifier;
        ++taken;
      }
    }
    if (parameter.kind == SearchParamType::uri) {
      EXPECT_TRUE(accepts(parameter, "below", "http://a")) << parameter.definition->url;
      EXPECT_TRUE(accepts(parameter, "above", "http://a")) << parameter.definition->url;
    }
    EXPECT_EQ(accepts(parameter, "text", "x"), parameter.text != kNoParameter) << parameter.definition->url;
    EXPECT_EQ(accepts(parameter, "of-type", "a|b|c"), parameter.of_type != kNoParameter) << parameter.definition->url;
    EXPECT_EQ(accepts(parameter, "identifier", "x"), parameter.identifier != kNoParameter) << parameter.definition->url;
  });
  EXPECT_GT(taken, 5'000U);
}

// Texts that no value of the type is written as.
std::vector<std::string> bad_values_of(const Parameter& parameter) {
  if (holds_words(parameter)) return {"a AND", "\"a b\"", "(a"};
  switch (parameter.kind) {
    case SearchParamType::string:
      return {};
    case SearchParamType::token:
      return {"|", "a|b|c"};
    case SearchParamType::reference:
      return {"a/b/c", "#a", "Nothing/1", "Patient/"};
    case SearchParamType::date:
      return {"x", "2020-13", "gt", "gtlt2020"};
    case SearchParamType::number:
      return {"x", "gt", "1e", "1|2"};
    case SearchParamType::quantity:
      return {"x", "1|", "1|2|3|4", "gt"};
    case SearchParamType::uri:
      return {"a b"};
    case SearchParamType::composite:
      return {"a", "a$", "$a", "a$b$c$d"};
    case SearchParamType::special:
      return {"x", "1|", "91|0"};
  }
  return {};
}

TEST(EveryParameter, RefusesWhatIsNoValueOfItsType) {
  std::size_t refused = 0;
  each_parameter([&](const Parameter& parameter) {
    std::vector<std::string> bad = bad_values_of(parameter);
    bad.insert(bad.end(), {"", ",", "a,,b"});
    for (const std::string& value : bad) {
      const Handling handling = ++refused % 8 == 0 ? Handling::lenient : Handling::strict;
      expect_named(parameter, std::string(parameter.code), value, "value", handling);
    }
    if (parameter.kind != SearchParamType::composite) {
      expect_named(parameter, std::string(parameter.code) + ":missing", "maybe", "value", Handling::strict);
    }
  });
  EXPECT_GT(refused, 10'000U);
}

TEST(EveryParameter, LeadsOnlyWhereItsReferencesLead) {
  std::size_t followed = 0;
  each_parameter([&](const Parameter& parameter) {
    const std::string type(fhir::r4().type(parameter.type).name);
    const std::string code(parameter.code);
    const bool is_followed = reason_not_to_follow(registry(), parameter).empty();
    followed += is_followed ? 1 : 0;
    const fhir::TypeId target = is_followed ? targets_of(registry(), parameter).front() : parameter.type;
    const std::string chain = code + ":" + std::string(fhir::r4().type(target).name) + "._id=x";
    EXPECT_EQ(testing::parse(parameter.type, chain).ok(), is_followed) << type << "." << chain;
    EXPECT_EQ(testing::parse(parameter.type, "_include=" + type + ":" + code).ok(), is_followed) << type << ":" << code;
    const std::string reverse = "_has:" + type + ":" + code + ":_id=x";
    EXPECT_EQ(testing::parse(target, reverse).ok(), is_followed) << reverse;
    for (const Handling handling : {Handling::strict, Handling::lenient}) {
      const auto nowhere = testing::parse(parameter.type, code + ".nonsense=x", handling);
      ASSERT_FALSE(nowhere.ok()) << type << "." << code;
      EXPECT_NE(nowhere.error().issues[0].diagnostics.find("'" + code + ".nonsense'"), std::string::npos);
    }
  });
  EXPECT_GT(followed, 500U);
}

TEST(EveryParameter, SortsUnlessItHasNoOrder) {
  std::size_t sorted = 0;
  each_parameter([&](const Parameter& parameter) {
    const bool has_order = parameter.kind != SearchParamType::composite && parameter.kind != SearchParamType::special &&
                           !holds_words(parameter);
    sorted += has_order ? 1 : 0;
    for (const char* direction : {"", "-"}) {
      const std::string key = direction + std::string(parameter.code);
      const auto search = testing::parse(parameter.type, "_sort=" + key);
      EXPECT_EQ(search.ok(), has_order) << parameter.definition->url;
      if (search.ok()) continue;
      EXPECT_NE(search.error().issues[0].diagnostics.find("'" + std::string(parameter.code) + "'"), std::string::npos)
          << search.error().issues[0].diagnostics;
    }
  });
  EXPECT_GT(sorted, 2'000U);
}

}  // namespace
}  // namespace vesta::search
