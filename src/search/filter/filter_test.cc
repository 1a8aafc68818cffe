// Tests of `_filter`: every operator on every type of parameter, logic, paths, places in errors, limits.
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <variant>

#include "http/message.h"
#include "search/codes.h"
#include "search/filter/binder.h"
#include "search/filter/element.h"
#include "search/filter/lexer.h"
#include "search/filter/parser.h"
#include "search/query_test_support.h"

namespace vesta::search::filter {
namespace {

using testing::expect_rejected;
using testing::type;

std::string plan_of(std::string_view searched, std::string_view text) {
  return testing::plan_of(searched, "_filter=" + http::percent_encode(text));
}
void expect_error(std::string_view searched, std::string_view text, const std::string& piece) {
  expect_rejected(searched, "_filter=" + http::percent_encode(text), "_filter", piece);
}

// The examples of https://hl7.org/fhir/R4/search_filter.html that R4 has the parameters for.
TEST(Filter, ReadsTheExamples) {
  EXPECT_EQ(plan_of("Patient", R"(name co "pet")"), "name:~pet");
  EXPECT_EQ(plan_of("Patient", R"(given eq "peter" and birthdate ge 1970-01-02)"),
            "and(given:==peter birthdate:4[86400,172800))");
  EXPECT_EQ(plan_of("Observation", "code eq http://loinc.org|1234-5"), "code:'http://loinc.org'|'1234-5'");
  EXPECT_EQ(plan_of("Observation", R"(subject:Patient.name co "pet")"), "subject>Patient(name:~pet)");
  EXPECT_EQ(plan_of("Observation", R"(patient.name co "pet")"), "patient>Patient(name:~pet)");
  expect_error("Observation", R"(related[type eq "has-component"].target pr true)", "'related' is unknown");
}

TEST(Filter, CombinesFromLeftToRight) {
  EXPECT_EQ(plan_of("Patient", "gender eq a and gender eq b and gender eq c"),
            "and(gender:*|'a' gender:*|'b' gender:*|'c')");
  EXPECT_EQ(plan_of("Patient", "gender eq a or gender eq b and gender eq c"),
            "and(or(gender:*|'a' gender:*|'b') gender:*|'c')");
  EXPECT_EQ(plan_of("Patient", "gender eq a and gender eq b or gender eq c"),
            "or(and(gender:*|'a' gender:*|'b') gender:*|'c')");
  EXPECT_EQ(plan_of("Patient", "gender eq a or (gender eq b and gender eq c)"),
            "or(gender:*|'a' and(gender:*|'b' gender:*|'c'))");
  EXPECT_EQ(plan_of("Patient", "not (gender eq a)"), "not(gender:*|'a')");
  EXPECT_EQ(plan_of("Patient", "not(gender eq a) and not( gender eq b or gender eq c )"),
            "and(not(gender:*|'a') not(or(gender:*|'b' gender:*|'c')))");
  EXPECT_EQ(plan_of("Patient", "((gender eq a))"), "gender:*|'a'");
  EXPECT_EQ(plan_of("Patient", "  gender  eq\ta  "), "gender:*|'a'");
}

TEST(Filter, StandsBesideOtherParameters) {
  EXPECT_EQ(testing::plan_of("Patient", "name=x&_filter=gender%20eq%20a&_filter=gender%20eq%20b"),
            "and(name:^x gender:*|'a' gender:*|'b')");
}

TEST(Filter, ComparesStrings) {
  EXPECT_EQ(plan_of("Patient", "name eq Ann"), "name:==ann");
  EXPECT_EQ(plan_of("Patient", "name ne Ann"), "name:!=ann");
  EXPECT_EQ(plan_of("Patient", "name co Ann"), "name:~ann");
  EXPECT_EQ(plan_of("Patient", "name sw Ann"), "name:^ann");
  EXPECT_EQ(plan_of("Patient", "name ew Ann"), "name:$ann");
  EXPECT_EQ(plan_of("Patient", "name gt Ann"), "name:>ann");
  EXPECT_EQ(plan_of("Patient", "name lt Ann"), "name:<ann");
  EXPECT_EQ(plan_of("Patient", "name ge \" Ann  B \""), "name:>=ann b");
  EXPECT_EQ(plan_of("Patient", "name le Ann"), "name:<=ann");
  EXPECT_EQ(plan_of("Patient", R"(name eq "a \"b\" \u00e9, (c) [d] \\ $|")"), "name:==a \"b\" e, (c) [d] \\ $|");
  for (const char* op : {"ap", "sa", "eb", "po", "ss", "sb", "in", "ni", "re"}) {
    expect_error("Patient", std::string("name ") + op + " x", std::string("'") + op + "' is not supported for 'name'");
  }
  expect_error("Patient", "name eq \"\"", "not a text");
}

TEST(Filter, ComparesNumbersAndQuantities) {
  const char* operators[] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};  // in the order of Prefix
  for (int i = 0; i < 9; ++i) {
    const std::string op = operators[i];
    EXPECT_EQ(plan_of("RiskAssessment", "probability " + op + " 0.5"), "probability:number" + std::to_string(i));
    EXPECT_EQ(plan_of("Observation", "value-quantity " + op + " -5.4|http://u|g"),
              "value-quantity:number" + std::to_string(i) + " 'http://u'|'g'");
    EXPECT_EQ(plan_of("Patient", "birthdate " + op + " 1970-01-01").substr(0, 12),
              "birthdate:" + std::to_string(i) + "[");
  }
  EXPECT_EQ(plan_of("Observation", "value-quantity gt 5|ucum|mg"),
            "value-quantity:number2 'http://unitsofmeasure.org'|'mg'");
  EXPECT_EQ(plan_of("RiskAssessment", "probability co 0.5"), "probability:precision:number9");
  expect_error("Observation", "value-quantity co 1", "'co' is not supported for 'value-quantity'");
  for (const char* op : {"sw", "ew", "po", "ss", "sb", "in", "ni", "re"}) {
    expect_error("RiskAssessment", std::string("probability ") + op + " 1", op);
    expect_error("Observation", std::string("value-quantity ") + op + " 1", op);
  }
  expect_error("RiskAssessment", "probability co x", "'x' is not a number");
  expect_error("RiskAssessment", "probability eq x", "'x' is not a number");
  expect_error("RiskAssessment", "probability eq lt5", "'lt5' is not a number");
}

TEST(Filter, ComparesDates) {
  EXPECT_EQ(plan_of("Patient", "birthdate po 1970-01-02"), "birthdate:8[86400,172800)");
  EXPECT_EQ(plan_of("Patient", "birthdate co 1970-01-02"), "birthdate:9[86400,172800)");
  EXPECT_EQ(plan_of("Patient", "_lastUpdated ge 1970-01-01"), "_lastUpdated:4[0,86400)");
  EXPECT_EQ(plan_of("Patient", "_lastUpdated po 1970-01-01"), "_lastUpdated:8[0,86400)");
  EXPECT_EQ(plan_of("Observation", "date eq 1970-01-01T00:00:00+01:00"), "date:0[-3600,-3599)");
  for (const char* op : {"sw", "ew", "ss", "sb", "in", "ni", "re"}) {
    expect_error("Patient", std::string("birthdate ") + op + " 1970", op);
  }
  expect_error("Patient", "birthdate eq 1970-13", "1970-13");
}

// A resource's time is written to the millisecond, so that it contains one of those and nothing longer.
TEST(Filter, KnowsWhatALastUpdatedContains) {
  const ParseContext context{testing::registry(), testing::kBase, testing::kNow};
  const auto found = [&](std::string_view text) -> std::optional<std::pair<std::int64_t, std::int64_t>> {
    const auto plan = filter_plan(context, type("Patient"), "_lastUpdated co " + std::string(text));
    if (!plan || plan->kind == Plan::Kind::none) return std::nullopt;
    const DateMatch& date = std::get<LastUpdatedMatch>(plan->leaf.match).date;
    EXPECT_EQ(date.prefix, Prefix::eq);
    return std::pair(date.low, date.high);
  };
  EXPECT_EQ(found("1970-01-01T00:00:00.005Z"), std::pair(std::int64_t{5'000}, std::int64_t{6'000}));
  EXPECT_EQ(found("1969-12-31T23:59:59.999Z"), std::pair(std::int64_t{-1'000}, std::int64_t{0}));
  EXPECT_EQ(found("1970-01-01T00:00:00.00Z"), std::nullopt);
  EXPECT_EQ(found("1970-01-01T00:00:00Z"), std::nullopt);
  EXPECT_EQ(found("1970"), std::nullopt);
}

TEST(Filter, AsksForPresence) {
  EXPECT_EQ(plan_of("Patient", "name pr true"), "name:present");
  EXPECT_EQ(plan_of("Patient", "name pr false"), "not(name:present)");
  EXPECT_EQ(plan_of("Patient", "organization pr true"), "organization:present");
  EXPECT_EQ(plan_of("Patient", "_id pr false"), "none");
  EXPECT_EQ(plan_of("Patient", "_list pr true"), "List.item<(all)");
  EXPECT_EQ(plan_of("Patient", "_list pr false"), "not(List.item<(all))");
  EXPECT_EQ(plan_of("Observation", "code-value-quantity pr true"),
            "code-value-quantity:code-value-quantity$0:present$code-value-quantity$1:present");
  EXPECT_TRUE(plan_of("Observation", "code-value-quantity pr false").starts_with("not(code-value-quantity:"));
  EXPECT_EQ(plan_of("Location", "near pr true"), "near:present");
  EXPECT_EQ(plan_of("Patient", "_text pr true"), "_text:present");
  EXPECT_EQ(plan_of("Observation", "patient.gender pr false"), "patient>Patient(not(gender:present))");
}

// Where sets of codes come from is not this test's: what each operator asks for is.
class Codes : public CodeSource {
 public:
  Result<std::shared_ptr<const TokenSet>> value_set(std::string_view reference) const override {
    return set({{"in", std::string(reference)}});
  }
  Result<std::shared_ptr<const TokenSet>> subsumed_by(std::string_view system, std::string_view code) const override {
    return set({{std::string(system), std::string(code)}, {"x", "below"}});
  }
  Result<std::shared_ptr<const TokenSet>> subsuming(std::string_view system, std::string_view code) const override {
    return set({{std::string(system), std::string(code)}, {"x", "above"}});
  }

 private:
  static std::shared_ptr<const TokenSet> set(std::vector<std::pair<std::string, std::string>> codes) {
    return std::make_shared<const TokenSet>(TokenSet{std::move(codes), {}});
  }
};

TEST(Filter, AsksForSetsOfCodes) {
  const Codes codes;
  const ParseContext context{testing::registry(), testing::kBase, testing::kNow, Handling::strict, &codes};
  const auto set_of = [&](std::string_view text) -> std::string {
    auto plan = filter_plan(context, type("Observation"), text);
    if (!plan) return plan.error().message;
    const Plan& leaf = plan->kind == Plan::Kind::not_ ? plan->children.front() : *plan;
    const auto* match = std::get_if<TokenSetMatch>(&leaf.leaf.match);
    if (match == nullptr) return testing::print(*plan);
    std::string found = plan->kind == Plan::Kind::not_ ? "not" : "";
    for (const auto& [system, code] : match->set->codes) found += " " + system + "|" + code;
    return found;
  };
  EXPECT_EQ(set_of("code ss loinc|1"), " http://loinc.org|1 x|below");
  EXPECT_EQ(set_of("code sb loinc|1"), " http://loinc.org|1 x|above");
  EXPECT_EQ(set_of("code in http://v"), " in|http://v");
  EXPECT_EQ(set_of("code ni http://v"), "not in|http://v");
  expect_error("Observation", "code in http://v", "in");
}

TEST(Filter, ComparesTokensReferencesAndUris) {
  EXPECT_EQ(plan_of("Observation", "code eq loinc|1234-5"), "code:'http://loinc.org'|'1234-5'");
  EXPECT_EQ(plan_of("Observation", "code eq snomed|1"), "code:'http://snomed.info/sct'|'1'");
  EXPECT_EQ(plan_of("Observation", "code eq \"a,b\""), "code:*|'a,b'");
  EXPECT_EQ(plan_of("Observation", R"(code eq "a\\,b\\|c")"), "code:*|'a,b|c'");
  EXPECT_EQ(plan_of("Observation", "subject re Group/1"),
            "or(subject:Group/1 subject:<http://localhost:8080/fhir/Group/1>)");
  EXPECT_EQ(plan_of("Observation", "focus re 1"), "or(focus:*/1 focus:http://localhost:8080/fhir/set of 145)");
  EXPECT_EQ(plan_of("Observation", "subject re http://other.org/Patient/1"), "subject:<http://other.org/Patient/1>");
  EXPECT_EQ(plan_of("ValueSet", "url eq http://a"), "url:<http://a>");
  EXPECT_EQ(plan_of("Patient", "_id eq a"), "_id:a");
  EXPECT_EQ(plan_of("Patient", "_list eq 42"), "List.item<(_id:42)");
  EXPECT_EQ(plan_of("Observation", "code ne loinc|1234-5"), "code:!'http://loinc.org'|'1234-5'");
  EXPECT_EQ(plan_of("Observation", "code ne a"), "code:!*|'a'");
  EXPECT_EQ(plan_of("Observation", "code ne http://s|"), "code:!'http://s'|*");
  EXPECT_EQ(plan_of("ValueSet", "url ne http://a"), "url:!<http://a>");
  EXPECT_EQ(plan_of("Patient", "_id ne a"), "_id:!a");
  expect_error("Observation", "subject eq Patient/1", "'re'");
  for (const char* op : {"co", "sw", "ew", "gt", "lt", "ge", "le", "ap", "sa", "eb", "po", "re"}) {
    expect_error("Observation", std::string("code ") + op + " a", op);
  }
  for (const char* op : {"co", "sw", "ew", "gt", "lt", "ge", "le", "ap", "sa", "eb", "po", "ss", "sb", "in", "ni"}) {
    expect_error("ValueSet", std::string("url ") + op + " a", op);
    expect_error("Patient", std::string("_id ") + op + " a", op);
    expect_error("Observation", std::string("subject ") + op + " a", op);
  }
  for (const char* op : {"ne", "co", "sw", "gt", "ap", "po", "ss", "in", "re"}) {
    expect_error("Patient", std::string("_list ") + op + " a", op);
    expect_error("Patient", std::string("_text ") + op + " a", op);
    expect_error("Location", std::string("near ") + op + " \"1|2\"", op);
    expect_error("Observation", std::string("code-value-quantity ") + op + " a$1", op);
  }
  expect_error("ValueSet", "url re a", "re");
  expect_error("Observation", "subject ne Patient/1", "'re'");
}

TEST(Filter, FollowsPaths) {
  EXPECT_EQ(plan_of("Observation", "patient[gender eq male].name co a"),
            "patient>Patient(and(gender:*|'male' name:~a))");
  EXPECT_EQ(plan_of("Observation", "subject[birthdate lt 1970].organization.name eq a"),
            "subject>Patient(and(birthdate:3[0,31536000) organization>Organization(name:==a)))");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:code eq a"), "Observation.patient<(code:*|'a')");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient[not (status eq b)]:code eq a"),
            "Observation.patient<(and(not(status:*|'b') code:*|'a'))");
  EXPECT_EQ(plan_of("Patient", "_has:Group:member[code eq a]:_has:List:subject[code eq b]:_id eq c"),
            "Group.member<(and(code:*|'a' List.subject<(and(code:*|'b' _id:c))))");
  EXPECT_EQ(plan_of("Observation", "patient[not (gender eq a) and _has:Group:member:_id eq 1]._id eq 2"),
            "patient>Patient(and(and(not(gender:*|'a') Group.member<(_id:1)) _id:2))");
  EXPECT_EQ(plan_of("Observation", "patient[organization[name eq b].name eq c].name eq d"),
            "patient>Patient(and(organization>Organization(and(name:==b name:==c)) name:==d))");
}

// https://hl7.org/fhir/R4/search_filter.html#params
TEST(Filter, AsksOneElementByNamesOfItsOwn) {
  EXPECT_EQ(plan_of("Group", "characteristic[code eq a].value eq b"),
            "characteristic-value:characteristic-value$0:*|'a'$characteristic-value$1:*|'b'");
  EXPECT_EQ(plan_of("Group", "characteristic[value ne b].code pr true"),
            "characteristic-value:characteristic-value$0:present$characteristic-value$1:!*|'b'");
  EXPECT_EQ(plan_of("Group", "characteristic[code eq a or code eq b].value eq c"),
            "or(characteristic-value:characteristic-value$0:*|'a'$characteristic-value$1:*|'c' "
            "characteristic-value:characteristic-value$0:*|'b'$characteristic-value$1:*|'c')");
  EXPECT_EQ(plan_of("DocumentReference", "relatesTo[code eq replaces].target re http://a/b"),
            "relationship:relationship$0:*|'replaces'$relationship$1:<http://a/b>");
  EXPECT_TRUE(plan_of("DocumentReference", "relatesTo[code eq replaces].target re DocumentReference/1")
                  .starts_with("or(relationship:relationship$0:*|'replaces'$relationship$1:DocumentReference/1 "));
  EXPECT_EQ(plan_of("Group", "characteristic eq a"), "characteristic:*|'a'");  // R4's parameter of this name

  const std::string group = "'characteristic': ";
  expect_error("Group", "characteristic[code eq a and code eq b].value eq c", group + "its filter is one test");
  expect_error("Group", "characteristic[not (code eq a)].value eq c", group + "its filter is one test");
  expect_error("Group", "characteristic[code eq a].code eq b", group + "the filter and what follows it test the same");
  expect_error("Group", "characteristic[member.name eq a].value eq b", group + "a path leads away");
  expect_error("Group", "characteristic[kind eq a].value eq b", "no 'kind'");
  expect_error("Group", "characteristic[code eq a].value pr false", group + "'pr' cannot be asked of one element");
  expect_error("Group", "characteristic[code co a].value eq b", "'co' is not supported for 'code'");
  expect_error("DocumentReference", "relatesTo[code eq a].target eq b", "'eq' is not supported for 'target'");
  expect_error("DocumentReference", "relatesTo[code eq a].target.status eq b",
               "'relatesTo': nothing can be asked behind its part 'target'");
  expect_error("Observation", "subject:Group.characteristic[code eq a].value.code.x eq b",
               "'characteristic': nothing can be asked behind its part 'value'");
  expect_error("Patient", "characteristic[code eq a].value eq b", "'characteristic' is unknown for Patient");
  expect_error("Observation", "related[type eq a].target pr true", "'related' is unknown");

  const auto filter_of = [](std::size_t tests) {
    std::string text = "characteristic[code eq a";
    for (std::size_t i = 1; i < tests; ++i) text += " or code eq a";
    return text + "].value eq b";
  };
  EXPECT_TRUE(plan_of("Group", filter_of(kMaxElementTests)).starts_with("or("));
  expect_error("Group", filter_of(kMaxElementTests + 1), "more than 64 alternatives");
}

TEST(Filter, TellsWhereItIsWrong) {
  const struct {
    const char* text;
    const char* piece;
  } cases[] = {
      {" ", "at character 2: the name of a parameter"},
      {"name", "at character 5: a space and an operator"},
      {"name eq", "at character 8: a space and a value"},
      {"name eq ", "at character 9: a value"},
      {"name is x", "at character 6: an operator"},
      {"name EQ x", "at character 6: an operator"},
      {"name eq \"x", "at character 9: the string"},
      {"name eq \"\\x\"", "at character 9: an escape"},
      {"name eq x y", "at character 11: 'and', 'or' or the end"},
      {"name eq x and", "at character 14: the name of a parameter"},
      {"name eq x AND name eq y", "at character 11"},
      {"(name eq x", "at character 11: ')' is expected"},
      {"name eq x)", "at character 10: 'and', 'or'"},
      {"not name eq x", "at character 5: '(' is expected after 'not'"},
      {"organization[name eq x name eq y", "at character 24: ']'"},
      {"organization[name eq x] eq y", "at character 24: '.'"},
      {"organization:Organization eq y", "at character 1: ':' and a type"},
      {"organization:.name eq y", "at character 14: the name of a resource type"},
      {"_has:Observation:patient eq y", "at character 25: '_has' is written"},
      {"1 eq y", "at character 1: the name of a parameter"},
      {"name eq \"\xC3\xA9\" and nonsense eq 1", "'nonsense' is unknown for Patient at character 17"},
      {"organization.nonsense eq 1", "'nonsense' is unknown for Organization at character 1"},
      {"organization[nonsense eq 1].name eq 1", "'nonsense eq 1' is unknown for Organization at character 1"},
      {"name.x eq 1", "'name' of Patient is no reference"},
      {"name eq \"\xC3\xA9\" and link.link.link.link.link.link.link.link.link.name eq x",
       "a chain of more than 8 steps at character 62"},
      {"name pr maybe", "'maybe' is not true or false at character 9, in 'name pr maybe'"},
      {"name eq x and birthdate gt x", "at character 28, in 'birthdate gt x'"},
      {"birthdate co x", "'x' is not a date"},
      {"birthdate co \"x\"", "at character 14, in 'birthdate co \"x\"'"},
      {"birthdate le gt2010", "'gt2010' is not a date"},
  };
  for (const auto& one : cases) expect_error("Patient", one.text, one.piece);
  expect_rejected("Patient", "_filter=", "_filter");
}

TEST(Filter, HoldsItsLimits) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth - 1, '(') + "gender eq a" + std::string(depth - 1, ')');
  };
  EXPECT_EQ(plan_of("Patient", nested(kMaxFilterDepth)), "gender:*|'a'");
  expect_error("Patient", nested(kMaxFilterDepth + 1), "nested more than 16 deep");
  const auto changing = [](std::size_t depth) {
    std::string text = "gender eq a";
    for (std::size_t i = 1; i < depth; ++i) text += i % 2 == 0 ? " and gender eq a" : " or gender eq a";
    return text;
  };
  EXPECT_TRUE(plan_of("Patient", changing(kMaxFilterDepth)).starts_with("or("));
  expect_error("Patient", changing(kMaxFilterDepth + 1), "nested more than 16 deep");

  std::string longest = "name eq \"" + std::string(kMaxValueBytes, 'a') + "\" and name eq \"";
  longest += std::string(kMaxFilterBytes - longest.size() - 1, 'a') + "\"";
  EXPECT_TRUE(parse(longest).ok());
  EXPECT_FALSE(parse(longest + " ").ok());

  std::string chain = "organization";
  for (std::size_t i = 1; i < kMaxChainDepth; ++i) chain += ".partof";
  EXPECT_TRUE(plan_of("Patient", chain + ".name eq a").starts_with("organization>"));
  expect_error("Patient", chain + ".partof.name eq a", "8 steps");
}

}  // namespace
}  // namespace vesta::search::filter
