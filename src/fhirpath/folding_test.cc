// Constant parts: what is evaluated when an expression is bound, and what is not.
#include "fhirpath/folding.h"

#include <gtest/gtest.h>

#include "fhirpath/binder.h"
#include "fhirpath/parser.h"
#include "fhirpath/patient_test_support.h"

namespace vesta::fhirpath {
namespace {

class Folding : public OnAPatient {
 protected:
  static BoundExpression bind(std::string_view expression) {
    const auto syntax = parse(expression);
    EXPECT_TRUE(syntax.ok()) << expression;
    auto bound = bind_syntax(fhir::r4(), StaticType::of(*fhir::r4().find_type("Patient")), expression, **syntax);
    EXPECT_TRUE(bound.ok()) << expression;
    return std::move(*bound);
  }
  static bool is_folded(std::string_view expression) { return bind(expression).root->op == Op::constant; }
};

TEST_F(Folding, OperatorsAndPureFunctionsOfLiterals) {
  for (const char* expression :
       {"1 + 2 * 3", "'a' & 'b'", "(1 | 2 | 2).count()", "'abc'.substring(1).upper()", "@2020-01-01 + 1 month",
        "-(1 + 1)", "(1 | 2)[1]", "1 is Integer", "1 = 1 and true", "'abc'.matches('b')", "4 'g' = 4000 'mg'",
        "{}.exists()", "(1 | 2).where(true)", "{} | 1"}) {
    EXPECT_TRUE(is_folded(expression)) << expression;
  }
  EXPECT_EQ(run("1 + 2 * 3"), "7");
  EXPECT_EQ(run("('a' & 'b') | ('c' + 'd') | @2020-01-31 + 1 month"), "'ab', 'cd', 2020-02-29");
  EXPECT_EQ(run("{} + 1"), "");
}

TEST_F(Folding, NotWhatDependsOnTheWorldAround) {
  for (const char* expression :
       {"now()", "1.trace('t')", "1.select($this)", "iif(true, 1, 2)", "%context", "id & 'x'", "'http://x'.resolve()",
        "'a'.memberOf('http://x')", "1.defineVariable('v')", "(1 | 2).aggregate($total, 0)"}) {
    EXPECT_FALSE(is_folded(expression)) << expression;
  }
  const BoundExpression bound = bind("name.where(given.count() > 1 + 1)");
  EXPECT_EQ(bound.root->op, Op::call);
  EXPECT_EQ(bound.root->operands[1]->operands[1]->op, Op::constant) << "the part within";
}

TEST_F(Folding, AnErrorIsOneOfTheEvaluationsThatComeToIt) {
  EXPECT_EQ(run("'a'.toInteger() | (1 | 2).single()").substr(0, 29), "error: FHIRPath: line 1, colu");
  EXPECT_EQ(run("iif(true, 1, (1 | 2).single())"), "1");
  EXPECT_EQ(run("name.where(false).select((1 | 2).single())"), "");
}

TEST_F(Folding, Limits) {
  const std::string half(kMaxFoldedBytes / 2, 'x');
  EXPECT_TRUE(is_folded("'" + half + "' & '" + half + "'"));
  EXPECT_FALSE(is_folded("'" + half + "' & '" + half + "y'"));
  const auto characters = [](std::size_t count) { return "'" + std::string(count, 'x') + "'.toChars()"; };
  EXPECT_TRUE(is_folded(characters(kMaxFoldedItems)));
  EXPECT_FALSE(is_folded(characters(kMaxFoldedItems + 1)));
  // Of the steps: the greatest text between the two that is folded by itself.
  const auto count = [](std::size_t length) { return "'" + std::string(length, 'x') + "'.toChars().count()"; };
  EXPECT_TRUE(is_folded(count(50)));
  EXPECT_FALSE(is_folded(count(kMaxFoldSteps)));
  EXPECT_EQ(run(count(kMaxFoldSteps)), std::to_string(kMaxFoldSteps));
}

TEST_F(Folding, PatternsAreCompiledWhenTheyAreBound) {
  EXPECT_EQ(run("name.family.matches('(')"),
            "refused: FHIRPath: line 1, column 21: a bad regular expression: missing ): (");
  EXPECT_EQ(run("name.family.replaceMatches('a' & ')', 'x')"),
            "refused: FHIRPath: line 1, column 32: a bad regular expression: unexpected ): a)");
  EXPECT_EQ(run("name.family.matches(%resource.id & '(')"),
            "error: FHIRPath: line 1, column 13: a bad regular expression: missing ): p(");
  EXPECT_EQ(bind("name.family.matches('[A-Z]')").kept_patterns, 1u);
  EXPECT_EQ(bind("name.family.matches(id)").kept_patterns, 0u);
  EXPECT_EQ(run("name.given.select(matches('[a-b]') | replaceMatches('(?<x>[a-c])', '${x}$1'))"),
            "true, 'bb', false, 'cc'");
}

TEST_F(Folding, SoManyPatternsAreKept) {
  const auto patterns = [](std::size_t count) {
    std::string text = "id.matches('p')";
    for (std::size_t i = 1; i < count; ++i) text += " and id.matches('p')";
    return text;
  };
  EXPECT_EQ(bind(patterns(kMaxKeptPatterns)).kept_patterns, kMaxKeptPatterns);
  EXPECT_EQ(bind(patterns(kMaxKeptPatterns + 1)).kept_patterns, kMaxKeptPatterns);
  EXPECT_EQ(run(patterns(kMaxKeptPatterns + 1)), "true");
  EXPECT_EQ(bind("id.matches('[^a]{900}')").kept_patterns, 0u) << "kMaxKeptPatternBytes";
  EXPECT_EQ(run("id.matches('[^a]{900}')"), "false");
  EXPECT_EQ(run("id.matches('\\\\pL{900}')").substr(0, 8), "refused:") << "kMaxPatternBytes";
}

}  // namespace
}  // namespace vesta::fhirpath
