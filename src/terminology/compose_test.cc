// Tests of compose: includes, excludes, filters, imports, inactive codes, stored expansions, and the limits.
#include "terminology/compose.h"

#include <gtest/gtest.h>

#include "terminology/service.h"
#include "terminology/test_source.h"

namespace vesta::terminology {
namespace {

// A hierarchy by nesting, by `parent` and by `child`:  a > (b > d, c > d), a > e; f stands alone.
constexpr char kConcepts[] = R"([
  {"code":"a","display":"Alpha","concept":[
    {"code":"b","display":"Beta","property":[{"code":"weight","valueInteger":2},{"code":"child","valueCode":"d"}]},
    {"code":"c","property":[{"code":"weight","valueInteger":3},{"code":"kind","valueCoding":{"code":"k1"}},
                            {"code":"kind","valueCoding":{"code":"k2"}}],
     "concept":[{"code":"d","property":[{"code":"inactive","valueBoolean":true}]}]}]},
  {"code":"e","property":[{"code":"parent","valueCode":"a"},{"code":"kind","valueCoding":{"code":"k1"}}]},
  {"code":"f","property":[{"code":"status","valueCode":"retired"},{"code":"parent","valueCode":"gone"}]}
],"property":[{"code":"weight","type":"integer"},{"code":"kind","type":"Coding"},{"code":"parent","type":"code"},
  {"code":"child","uri":"http://hl7.org/fhir/concept-properties#child","type":"code"},
  {"code":"inactive","type":"boolean"},{"code":"status","type":"code"}])";

class Compose : public testing::Test {
 protected:
  Compose() {
    source_.add_system("s", kConcepts);
    source_.add_system("part", R"([{"code":"x"}])", "fragment");
  }
  // The codes of a value set with this compose, or its error.
  std::string expand(const std::string& compose) {
    source_.add_value_set("v", compose);
    return show("v");
  }
  std::string filter(const std::string& property, const std::string& op, const std::string& value) {
    return expand(R"({"include":[{"system":"s","filter":[{"property":")" + property + R"(","op":")" + op +
                  R"(","value":")" + value + R"("}]}]})");
  }
  std::string show(std::string_view canonical) {
    const auto set = service_.expand(canonical);
    if (!set.ok()) {
      category_ = set.error().category;
      return set.error().message;
    }
    std::string text;
    for (const SystemCodes& system : (*set)->systems()) {
      if (system.whole) text += system.system + "* ";
      for (const std::string& code : system.codes) text += code + " ";
    }
    return text;
  }

  TestSource source_;
  Service service_{fhir::r4(), {&source_}};
  Category category_ = Category::internal;  // of the last error
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(Compose, TakesAllListedOrWholeSystems) {
  EXPECT_EQ(expand(R"({"include":[{"system":"s"}]})"), "a b c d e f ");
  EXPECT_EQ(expand(R"({"include":[{"system":"s","concept":[{"code":"c"},{"code":"unheard"}]}]})"), "c unheard ");
  EXPECT_EQ(expand(R"({"include":[{"system":"part"},{"system":"absent"}]})"), "absent* part* ");
  EXPECT_EQ(expand(R"({"include":[{"system":"s","version":"7"}]})"), "s* ");  // that version is not here
}

TEST_F(Compose, FiltersByTheHierarchy) {
  EXPECT_EQ(filter("concept", "is-a", "a"), "a b c d e ");
  EXPECT_EQ(filter("code", "is-a", "b"), "b d ");
  EXPECT_EQ(filter("concept", "descendent-of", "c"), "d ");
  EXPECT_EQ(filter("concept", "is-not-a", "b"), "a c e f ");
  EXPECT_EQ(filter("concept", "generalizes", "d"), "a b c d ");
  EXPECT_EQ(filter("parent", "=", "a"), "b c e ");
  EXPECT_EQ(filter("child", "=", "d"), "b c ");
  EXPECT_EQ(filter("child", "exists", "false"), "d e f ");
}

TEST_F(Compose, FiltersByProperties) {
  EXPECT_EQ(filter("weight", "=", "2"), "b ");
  EXPECT_EQ(filter("kind", "=", "k1"), "c e ");
  EXPECT_EQ(filter("kind", "=", "none"), "");
  EXPECT_EQ(filter("kind", "in", "k2, k3"), "c ");
  EXPECT_EQ(filter("kind", "not-in", "k2,k3"), "a b d e f ");
  EXPECT_EQ(filter("kind", "exists", "true"), "c e ");
  EXPECT_EQ(filter("inactive", "=", "false"), "a b c e f ");  // its value where it is absent
  EXPECT_EQ(filter("inactive", "exists", "true"), "d ");
  EXPECT_EQ(filter("code", "regex", "[b-d]"), "b c d ");
  EXPECT_EQ(filter("display", "regex", ".*eta"), "b ");
  EXPECT_EQ(filter("concept", "in", "a,f,z"), "a f ");
}

TEST_F(Compose, HoldsEveryFilterOfAnInclude) {
  EXPECT_EQ(expand(R"({"include":[{"system":"s","filter":[{"property":"concept","op":"is-a","value":"a"},
                       {"property":"kind","op":"exists","value":"false"},
                       {"property":"concept","op":"descendent-of","value":"a"}]}]})"),
            "b d ");
}

TEST_F(Compose, RefusesFiltersThatItCannotAnswer) {
  EXPECT_HAS(filter("colour", "=", "red"), "'colour = red' on s");
  EXPECT_EQ(category_, Category::unsupported);
  EXPECT_HAS(filter("concept", "is-a", "nonsense"), "names a code");
  EXPECT_EQ(category_, Category::not_found);
  EXPECT_HAS(filter("kind", "is-a", "k1"), "not supported");
  EXPECT_HAS(filter("kind", "exists", "perhaps"), "true or false");
  EXPECT_EQ(category_, Category::invalid);
  EXPECT_HAS(filter("code", "regex", "(a"), "'(a'");
  EXPECT_EQ(category_, Category::invalid);
  const std::string on = R"(","filter":[{"property":"concept","op":"is-a","value":"x"}]}]})";
  EXPECT_HAS(expand(R"({"include":[{"system":"part)" + on), "'concept is-a x' needs the codes of part");
  EXPECT_EQ(category_, Category::unsupported);
  EXPECT_HAS(expand(R"({"include":[{"system":"absent)" + on), "no such CodeSystem");
  EXPECT_EQ(category_, Category::unsupported);
}

TEST_F(Compose, ExcludesFromTheUnionOfIncludes) {
  EXPECT_EQ(expand(R"({"include":[{"system":"s","concept":[{"code":"a"}]},{"system":"s","concept":[{"code":"b"}]}],
                       "exclude":[{"system":"s","concept":[{"code":"a"},{"code":"f"}]}]})"),
            "b ");
  EXPECT_EQ(expand(R"({"include":[{"system":"s"},{"system":"absent"}],
                       "exclude":[{"system":"s","filter":[{"property":"concept","op":"is-a","value":"a"}]},
                                  {"system":"absent"}]})"),
            "f ");
  EXPECT_HAS(expand(R"({"include":[{"system":"absent"}],"exclude":[{"system":"absent","concept":[{"code":"x"}]}]})"),
             "codes of absent");
  EXPECT_EQ(category_, Category::unsupported);
}

TEST_F(Compose, ImportsIntersectWithinAndUniteAcrossIncludes) {
  source_.add_value_set("ab", R"({"include":[{"system":"s","concept":[{"code":"a"},{"code":"b"}]}]})");
  source_.add_value_set("bc", R"({"include":[{"system":"s","concept":[{"code":"b"},{"code":"c"}]}]})");
  EXPECT_EQ(expand(R"({"include":[{"valueSet":["ab","bc"]}]})"), "b ");
  EXPECT_EQ(expand(R"({"include":[{"valueSet":["ab"]},{"valueSet":["bc|1"]}]})"), "a b c ");
  EXPECT_EQ(expand(R"({"include":[{"system":"s","filter":[{"property":"concept","op":"is-a","value":"c"}],
                       "valueSet":["bc"]}]})"),
            "c ");
  EXPECT_EQ(expand(R"({"include":[{"valueSet":["ab"]}],"exclude":[{"valueSet":["bc"]}]})"), "a ");
  EXPECT_HAS(expand(R"({"include":[{"valueSet":["bc|2"]}]})"), "'bc|2'");
  EXPECT_EQ(category_, Category::not_found);
}

TEST_F(Compose, LeavesInactiveCodesOutWhereItIsToldTo) {
  EXPECT_EQ(expand(R"({"inactive":false,"include":[{"system":"s"}]})"), "a b c e ");
  EXPECT_EQ(expand(R"({"inactive":true,"include":[{"system":"s"}]})"), "a b c d e f ");
  EXPECT_HAS(expand(R"({"inactive":false,"include":[{"system":"part","concept":[{"code":"x"}]}]})"), "codes of part");
  EXPECT_EQ(category_, Category::unsupported);
}

TEST_F(Compose, NamesACircleOfImports) {
  source_.add_value_set("x", R"({"include":[{"valueSet":["y"]}]})");
  source_.add_value_set("y", R"({"include":[{"system":"s"},{"valueSet":["x"]}]})");
  EXPECT_HAS(show("x"), "x -> y -> x");
  EXPECT_EQ(category_, Category::invalid);
}

TEST_F(Compose, HoldsToTheRulesOfValueSet) {
  EXPECT_HAS(expand(R"({"include":[{"version":"1"}]})"), "neither a system nor a value set");
  EXPECT_HAS(expand(R"({"include":[{"concept":[{"code":"a"}]}]})"), "without a system");
  EXPECT_HAS(expand(R"({"include":[{"system":"s","concept":[{"code":"a"}],
                       "filter":[{"property":"concept","op":"is-a","value":"a"}]}]})"),
             "both concepts and filters");
  EXPECT_EQ(category_, Category::invalid);
}

constexpr char kContains[] = R"("contains":[{"display":"group","contains":[{"system":"t","code":"1"}]},
                               {"system":"t","code":"2","abstract":true,"contains":[{"system":"u","code":"3"}]}])";

TEST_F(Compose, TakesACompleteExpansionWhereThereIsNoDefinition) {
  const auto expansion = [&](const std::string& head) {
    source_.add(Kind::value_set, "v", R"(,"expansion":{"timestamp":"2026-01-01",)" + head + kContains + "}");
    return show("v");
  };
  EXPECT_EQ(expansion(""), "1 2 3 ");
  EXPECT_EQ(expansion(R"("total":4,"offset":0,)"), "1 2 3 ");
  EXPECT_EQ(expansion(R"("parameter":[{"name":"version","valueUri":"t|1"}],)"), "1 2 3 ");
  for (const char* cut : {R"("total":5,)", R"("offset":4,)", R"("parameter":[{"name":"filter","valueString":"x"}],)",
                          R"("extension":[{"url":"http://hl7.org/fhir/StructureDefinition/valueset-toocostly",
                             "valueBoolean":true}],)"}) {
    EXPECT_HAS(expansion(cut), "neither a definition nor a complete expansion");
    EXPECT_EQ(category_, Category::unsupported);
  }
}

TEST_F(Compose, TakesACompleteExpansionWhereTheDefinitionNeedsWhatIsNotHere) {
  const std::string compose =
      R"(,"compose":{"include":[{"system":"absent","filter":[{"property":"p","op":"=","value":"x"}]}]})";
  source_.add(Kind::value_set, "v", compose + R"(,"expansion":{"timestamp":"2026-01-01",)" + kContains + "}");
  EXPECT_EQ(show("v"), "1 2 3 ");
  // A definition that can be evaluated counts.
  source_.add(Kind::value_set, "v",
              R"(,"compose":{"include":[{"system":"s","concept":[{"code":"a"}]}]})"
              R"(,"expansion":{"timestamp":"2026-01-01",)" +
                  std::string(kContains) + "}");
  EXPECT_EQ(show("v"), "a ");
}

TEST_F(Compose, ACodeAtTwoPlacesIsOneConcept) {
  source_.add_system("s", R"([{"code":"p","concept":[{"code":"x"}]},{"code":"q","concept":[{"code":"x"}]}])");
  EXPECT_EQ(filter("concept", "is-not-a", "q"), "p ");
  EXPECT_EQ(filter("concept", "generalizes", "x"), "p q x ");
}

TEST_F(Compose, ALoopInTheHierarchyEnds) {
  source_.add_system("s", R"([{"code":"a","property":[{"code":"parent","valueCode":"b"}]},
                              {"code":"b","property":[{"code":"parent","valueCode":"a"}]}])");
  EXPECT_EQ(filter("concept", "is-a", "a"), "a b ");
}

std::string many_concepts(std::size_t count) {
  std::string text = "[";
  for (std::size_t at = 0; at < count; ++at) text += R"({"code":"c)" + std::to_string(at) + R"("},)";
  text.back() = ']';
  return text;
}

TEST_F(Compose, LimitsTheNumberOfCodes) {
  source_.add_system("most", many_concepts(kMaxExpansion));
  source_.add_system("more", many_concepts(kMaxExpansion + 1));
  source_.add_value_set("v", R"({"include":[{"system":"most"}]})");
  EXPECT_EQ((*service_.expand("v"))->size(), kMaxExpansion);
  EXPECT_HAS(expand(R"({"include":[{"system":"more"}]})"), std::to_string(kMaxExpansion));
  EXPECT_EQ(category_, Category::too_large);
  EXPECT_HAS(expand(R"({"include":[{"system":"most"},{"system":"s"}]})"), std::to_string(kMaxExpansion));
  EXPECT_EQ(category_, Category::too_large);
}

TEST_F(Compose, LimitsWhatIsBelowOneCode) {
  source_.add_system("most", R"([{"code":"top","concept":)" + many_concepts(kMaxExpansion - 1) + "}]");
  source_.add_system("more", R"([{"code":"top","concept":)" + many_concepts(kMaxExpansion) + "}]");
  EXPECT_EQ((*service_.subsumed_by("most", "top"))->size(), kMaxExpansion);
  EXPECT_EQ(service_.subsumed_by("more", "top").error().category, Category::too_large);
}

TEST_F(Compose, LimitsTheDepthOfImports) {
  source_.add_value_set("v1", R"({"include":[{"system":"s"}]})");
  for (std::size_t at = 2; at <= kMaxImportDepth + 1; ++at) {
    source_.add_value_set("v" + std::to_string(at),
                          R"({"include":[{"valueSet":["v)" + std::to_string(at - 1) + R"("]}]})");
  }
  EXPECT_HAS(show("v" + std::to_string(kMaxImportDepth + 1)), "more than 20 levels");
  EXPECT_EQ(category_, Category::too_large);
  EXPECT_EQ(show("v" + std::to_string(kMaxImportDepth)), "a b c d e f ");
}

TEST(StepBudget, LetsItsStepsBeSpentAndNoMore) {
  StepBudget budget(10);
  EXPECT_TRUE(budget.spend(4).ok());
  EXPECT_TRUE(budget.spend(6).ok());
  EXPECT_EQ(budget.spend(1).error().category, Category::too_large);
}

TEST_F(Compose, LimitsTheWorkOfPatterns) {
  source_.add_system("s", many_concepts(20000));
  EXPECT_HAS(filter("code", "regex", "(c|d|[0-9]{100}){10}"), "steps to expand");
  EXPECT_EQ(category_, Category::too_large);
}

}  // namespace
}  // namespace vesta::terminology
