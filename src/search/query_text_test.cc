// Tests of reading searches: each parameter type's syntax, result parameters, refusals in both handlings, limits.
#include "search/query_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "search/codes.h"
#include "search/decimal_key.h"
#include "search/query_test_support.h"

namespace vesta::search {
namespace {

using testing::registry;
using testing::type;

using testing::expect_refused;
using testing::expect_rejected;
using testing::parse;
using testing::plan_of;

TEST(ParseSearch, CombinesRepetitionByAndAndCommasByOr) {
  EXPECT_EQ(plan_of("Patient", ""), "all");
  EXPECT_EQ(plan_of("Patient", "gender=male"), "gender:*|'male'");
  EXPECT_EQ(plan_of("Patient", "gender=male,female"), "or(gender:*|'male' gender:*|'female')");
  EXPECT_EQ(plan_of("Patient", "gender=male&name=a&gender=x,y"),
            "and(gender:*|'male' name:^a or(gender:*|'x' gender:*|'y'))");
}

TEST(ParseSearch, ReadsEscapes) {
  EXPECT_EQ(plan_of("Patient", "name=a%5C,b"), "name:^a,b");
  EXPECT_EQ(plan_of("Patient", "name=a%5C,b,c"), "or(name:^a,b name:^c)");
  EXPECT_EQ(plan_of("Patient", "name=a%5C%5C,b"), "or(name:^a\\ name:^b)");
  EXPECT_EQ(plan_of("Patient", "identifier=s%5C%7Ct|v%5C%7Cw"), "identifier:'s|t'|'v|w'");
  EXPECT_EQ(plan_of("Patient", "name=a%5C$b%5C%5Cc%5C%5C"), "name:^a$b\\c\\");
  expect_rejected("Patient", "name=a%5Cc", "name", "backslash");
  expect_rejected("Patient", "name=a%5C%5C%5C", "name", "backslash");
}

TEST(ParseSearch, ReadsTokens) {
  EXPECT_EQ(plan_of("Observation", "code=8302-2"), "code:*|'8302-2'");
  EXPECT_EQ(plan_of("Observation", "code=http://loinc.org|8302-2"), "code:'http://loinc.org'|'8302-2'");
  EXPECT_EQ(plan_of("Observation", "code=|8302-2"), "code:''|'8302-2'");
  EXPECT_EQ(plan_of("Observation", "code=http://loinc.org|"), "code:'http://loinc.org'|*");
  expect_rejected("Observation", "code=|", "code");
  expect_rejected("Observation", "code=a|b|c", "code", "a|b|c");
}

TEST(ParseSearch, ReadsStrings) {
  EXPECT_EQ(plan_of("Patient", "name=Jos%C3%A9%20%20M"), "name:^jose m");
  EXPECT_EQ(plan_of("Patient", "name:exact=Jos%C3%A9"), "name:=José");
  EXPECT_EQ(plan_of("Patient", "name:contains=OS%C3%89"), "name:~ose");
  expect_rejected("Patient", "name=%20", "name");
}

TEST(ParseSearch, ReadsReferences) {
  const std::string ours = "<http://localhost:8080/fhir/Patient/1>";
  EXPECT_EQ(plan_of("Observation", "subject=Patient/1"), "or(subject:Patient/1 subject:" + ours + ")");
  EXPECT_EQ(plan_of("Observation", "subject=Patient/1/_history/2"), "or(subject:Patient/1 subject:" + ours + ")");
  EXPECT_EQ(plan_of("Observation", "subject=http://localhost:8080/fhir/Patient/1"),
            "or(subject:Patient/1 subject:" + ours + ")");
  EXPECT_EQ(plan_of("Observation", "specimen=1"),
            "or(specimen:Specimen/1 specimen:<http://localhost:8080/fhir/Specimen/1>)");
  EXPECT_EQ(plan_of("Observation", "focus=1"), "or(focus:*/1 focus:http://localhost:8080/fhir/set of 145)");
  EXPECT_EQ(plan_of("Observation", "subject=http://other.org/fhir/Patient/1"),
            "subject:<http://other.org/fhir/Patient/1>");
  EXPECT_EQ(plan_of("Observation", "subject=http://localhost:8080/fhir2/Patient/1"),
            "subject:<http://localhost:8080/fhir2/Patient/1>");
  EXPECT_EQ(plan_of("Observation", "subject=urn:uuid:1-2"), "subject:<urn:uuid:1-2>");
  EXPECT_EQ(plan_of("QuestionnaireResponse", "questionnaire=http://q|2"), "questionnaire:<http://q|2>");
  expect_rejected("Observation", "subject=Practitioner/1", "subject", "Practitioner/1");
  expect_rejected("Observation", "subject=http://localhost:8080/fhir/Practitioner/1", "subject");
  expect_rejected("Observation", "subject=Nothing/1", "subject", "Nothing/1");
  expect_rejected("Observation", "subject=Patient/", "subject");
  expect_rejected("Observation", "subject=Patient/1/2", "subject");
  expect_rejected("Observation", "subject=Patient/a_b", "subject");
  expect_rejected("Observation", "subject=%23a", "subject");
}

TEST(ParseSearch, ReadsDates) {
  EXPECT_EQ(plan_of("Patient", "birthdate=1970-01-02"), "birthdate:0[86400,172800)");
  EXPECT_EQ(plan_of("Patient", "birthdate=1970"), "birthdate:0[0,31536000)");
  EXPECT_EQ(plan_of("Patient", "birthdate=ge1970-02"), "birthdate:4[2678400,5097600)");
  EXPECT_EQ(plan_of("Observation", "date=1970-01-01T01:00"), "date:0[3600,3660)");
  EXPECT_EQ(plan_of("Observation", "date=1970-01-01T01:00:10Z"), "date:0[3610,3611)");
  EXPECT_EQ(plan_of("Observation", "date=1970-01-01T01:00:00%2B01:00"), "date:0[0,1)");
  EXPECT_EQ(plan_of("Observation", "date=lt1970-01-01T01:00:00+01:00"), "date:3[0,1)");
  EXPECT_EQ(plan_of("Observation", "date=1970-01-01T01:00:00-01:00"), "date:0[7200,7201)");
  const char* prefixes[] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"};
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(plan_of("Patient", std::string("birthdate=") + prefixes[i] + "1970-01-01"),
              "birthdate:" + std::to_string(i) + "[0,86400)");
  }
  // 2020-01-01 is now: 2019-12-22 ends nine days before, a tenth of which is widened on both sides.
  EXPECT_EQ(plan_of("Patient", "birthdate=ap2019-12-22"),
            "birthdate:8[" + std::to_string(1576972800 - 77760) + "," + std::to_string(1577059200 + 77760) + ")");
  EXPECT_EQ(plan_of("Patient", "birthdate=ap2020"), "birthdate:8[1577836800,1609459200)");
  for (const char* bad : {"1970-13", "1970-02-30", "19700101", "xx1970", "GE1970", "ge", "1970-01-01+", "1970-01-01T10",
                          "1970-01-01 10:00", "1970-01-01T10:00:00 0100", "1970-01-01T10:00:00  01:00", "today"}) {
    expect_rejected("Patient", "birthdate=" + http::percent_encode(bad), "birthdate", bad);
  }
}

TEST(ParseSearch, ReadsNumbersAndQuantities) {
  const char* prefixes[] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(plan_of("RiskAssessment", std::string("probability=") + prefixes[i] + "0.5"),
              "probability:number" + std::to_string(i));
  }
  const auto search = parse(type("RiskAssessment"), "probability=100");
  const auto& match = std::get<NumberMatch>(search->queries[0].plan.leaf.match);
  EXPECT_EQ(match.low, decimal_key("99.5"));
  EXPECT_EQ(match.high, decimal_key("100.5"));
  EXPECT_EQ(match.exact, decimal_key("100"));
  EXPECT_EQ(plan_of("Observation", "value-quantity=5.4"), "value-quantity:number0 *|*");
  EXPECT_EQ(plan_of("Observation", "value-quantity=gt-5.40e-3|http://u|g"), "value-quantity:number2 'http://u'|'g'");
  EXPECT_EQ(plan_of("Observation", "value-quantity=5.4||mg"), "value-quantity:number0 *|'mg'");
  EXPECT_EQ(plan_of("Observation", "value-quantity=5.4|http://u|"), "value-quantity:number0 'http://u'|*");
  for (const char* bad : {"x", "gt", "1.", "zz5", "5,,6", "1e99999", "5 "}) {
    expect_rejected("RiskAssessment", std::string("probability=") + http::percent_encode(bad), "probability");
  }
  for (const char* bad : {"5.4|mg", "|http://u|g", "5|a|b|c", "abc||mg"}) {
    expect_rejected("Observation", std::string("value-quantity=") + bad, "value-quantity", bad);
  }
}

TEST(ParseSearch, ReadsUrisIdsAndLastUpdated) {
  EXPECT_EQ(plan_of("ValueSet", "url=http://a/b,urn:oid:1.2"), "or(url:<http://a/b> url:<urn:oid:1.2>)");
  EXPECT_EQ(plan_of("Patient", "_id=a,b-1.C"), "or(_id:a _id:b-1.C)");
  EXPECT_EQ(plan_of("Patient", "_lastUpdated=ge1970-01-01&_profile=http://p"),
            "and(_lastUpdated:4[0,86400) _profile:<http://p>)");
  expect_rejected("Patient", "_id=a/b", "_id", "a/b");
  expect_rejected("Patient", "_id=" + std::string(65, 'a'), "_id");
  expect_rejected("Patient", "_lastUpdated=zz", "_lastUpdated", "zz");
  expect_rejected("ValueSet", "url=a%20b", "url");
}

TEST(ParseSearch, RefusesWhatIsUnknownOrNotBuilt) {
  expect_refused("Patient", "nonsense=1", "nonsense");
  expect_refused("Patient", "code=1", "code");
  expect_refused("Patient", "Name=1", "Name");
  expect_refused("Patient", "_nonsense=1", "_nonsense");
  for (const char* query : {"_query=a", "_score=1", "_graph=1", "age=5", "_type=Patient"}) {
    const std::string text = query;
    expect_refused("Patient", text, text.substr(0, text.find('=')));
  }
  expect_rejected("Patient", "_containedType=both", "_containedType", "both");
  const auto contained = parse(type("Patient"), "_contained=both&gender=male");
  ASSERT_TRUE(contained.ok());
  for (const Query& query : contained->queries) {
    const bool is_own = query.type == type("Patient");
    EXPECT_EQ(testing::print(query.plan),
              is_own ? "or(gender:*|'male' contains Patient(gender:*|'male'))" : "contains Patient(gender:*|'male')");
  }
  expect_rejected("Patient", "_contained=yes", "_contained", "yes");
  EXPECT_EQ(plan_of("Patient", "_contained=false"), "all");
}

TEST(ParseSearch, RejectsModifiersThatItDoesNotHave) {
  for (const char* query :
       {"gender:exact=male", "name:text=a", "name:Exact=a", "name:=a", "name:not=a", "birthdate:exact=2000",
        "birthdate:not=2000", "_id:exact=1", "_lastUpdated:not=2000", "gender:in=http://v", "organization:Nothing=1",
        "organization:exact=1", "_profile:exact=a", "_text:exact=a", "gender:below=a"}) {
    const std::string text = query;
    expect_rejected("Patient", text, text.substr(0, text.find('=')));
  }
  expect_rejected("Patient", "organization:Practitioner=1", "organization:Practitioner", "Practitioner");
  expect_rejected("RiskAssessment", "probability:exact=1", "probability:exact");
  expect_rejected("Observation", "value-quantity:above=1", "value-quantity:above");
  expect_rejected("Observation", "code-value-quantity:missing=true", "code-value-quantity:missing");
}

// https://hl7.org/fhir/R4/search.html#modifiers. What each means is tested in modifiers/; here that it gets there, and
// how several values combine.
TEST(ParseSearch, ReadsModifiers) {
  EXPECT_EQ(plan_of("Patient", "gender:not=male,female"), "not(or(gender:*|'male' gender:*|'female'))");
  EXPECT_EQ(plan_of("Patient", "gender:not=male&gender:not=female"),
            "and(not(gender:*|'male') not(gender:*|'female'))");
  EXPECT_EQ(plan_of("Patient", "gender:missing=true"), "not(gender:present)");
  EXPECT_EQ(plan_of("Patient", "gender:missing=false"), "gender:present");
  EXPECT_EQ(plan_of("Patient", "birthdate:missing=false"), "birthdate:present");
  expect_rejected("Patient", "gender:missing=true,false", "gender:missing", "one value");
  expect_rejected("Patient", "gender:missing=maybe", "gender:missing", "maybe");
  EXPECT_EQ(plan_of("Patient", "_id:not=a,b"), "not(or(_id:a _id:b))");
  EXPECT_EQ(plan_of("Patient", "_id:missing=true"), "none");
  EXPECT_EQ(plan_of("Patient", "_lastUpdated:missing=false"), "all");
  expect_rejected("Patient", "_id:missing=1", "_id:missing", "true or false");
  EXPECT_EQ(plan_of("Observation", "code:text=Head"), "code:text:^head");
  EXPECT_EQ(plan_of("Observation", "subject:Patient=1"), plan_of("Observation", "subject=Patient/1"));
  EXPECT_EQ(plan_of("Observation", "subject:identifier=http://s|1"), "subject:identifier:'http://s'|'1'");
  EXPECT_EQ(plan_of("Patient", "identifier:of-type=http://s|MR|1").substr(0, 18), "identifier:of-type");
  EXPECT_EQ(plan_of("ValueSet", "url:below=http://a"), "url:<http://a>");
  EXPECT_EQ(plan_of("Observation", "patient.gender:not=male,female"),
            "patient>Patient(not(or(gender:*|'male' gender:*|'female')))");
  EXPECT_EQ(plan_of("Patient", "_has:Observation:patient:code:missing=false"), "Observation.patient<(code:present)");
}

TEST(ParseSearch, ReadsCompositesAndSpecials) {
  EXPECT_EQ(plan_of("Observation", "code-value-quantity=http://loinc.org|1$gt5").substr(0, 20), "code-value-quantity:");
  EXPECT_EQ(plan_of("Observation", "code-value-quantity=a$1,b$2").substr(0, 3), "or(");
  expect_rejected("Observation", "code-value-quantity=a", "code-value-quantity", "a");
  EXPECT_EQ(plan_of("Location", "near=1|2|3|km"), "near:3000m");
  EXPECT_EQ(plan_of("Patient", "_text=Bone"), "_text:bone");
  EXPECT_EQ(plan_of("Patient", "_content=Bone"), "_content:bone");
}

TEST(ParseSearch, RejectsEmptyAndTooLongAndTooManyValues) {
  expect_rejected("Patient", "name=", "name");
  expect_rejected("Patient", "name", "name");
  expect_rejected("Patient", "name=a,,b", "name");
  expect_rejected("Patient", "name=a,", "name");
  EXPECT_TRUE(parse(type("Patient"), "name=" + std::string(kMaxValueBytes, 'a')).ok());
  expect_rejected("Patient", "name=" + std::string(kMaxValueBytes + 1, 'a'), "name");
  const auto list = [](std::size_t count) {
    std::string text = "name=a";
    for (std::size_t i = 1; i < count; ++i) text += ",a";
    return text;
  };
  EXPECT_EQ(parse(type("Patient"), list(kMaxOrValues))->queries[0].plan.children.size(), kMaxOrValues);
  expect_rejected("Patient", list(kMaxOrValues + 1), "name");
}

TEST(ParseSearch, HoldsTheNumberOfParameters) {
  const auto query = [](std::size_t count) {
    std::string text = "name=a";
    for (std::size_t i = 1; i < count; ++i) text += "&name=a";
    return text;
  };
  EXPECT_TRUE(parse(type("Patient"), query(kMaxParameters)).ok());
  const auto over = parse(type("Patient"), query(kMaxParameters + 1), Handling::lenient);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().issues.front().code, "too-costly");
}

// A source that fails without an issue must not leave the search without its criterion.
class BrokenCodes : public CodeSource {
 public:
  explicit BrokenCodes(Category category) : category_(category) {}
  Result<std::shared_ptr<const TokenSet>> value_set(std::string_view) const override {
    return make_error(category_, "it is broken");
  }
  Result<std::shared_ptr<const TokenSet>> subsumed_by(std::string_view, std::string_view) const override {
    return make_error(category_, "it is broken");
  }
  Result<std::shared_ptr<const TokenSet>> subsuming(std::string_view, std::string_view) const override {
    return make_error(category_, "it is broken");
  }

 private:
  Category category_;
};

TEST(ParseSearch, PassesErrorsOfItsSourcesOn) {
  const std::pair<Category, Category> cases[] = {{Category::unavailable, Category::unavailable},
                                                 {Category::too_large, Category::too_large},
                                                 {Category::not_found, Category::invalid},
                                                 {Category::invalid, Category::invalid}};
  for (const auto& [given, expected] : cases) {
    const BrokenCodes codes(given);
    const ParseContext context{testing::registry(), testing::kBase, testing::kNow, Handling::lenient, &codes};
    for (const char* query : {"code:in=http://v", "code:below=a", "_filter=code%20in%20http://v",
                              "has-member:Observation.code:not-in=http://v"}) {
      const auto search = parse_search(context, type("Observation"), *http::parse_query(query));
      ASSERT_FALSE(search.ok()) << query;
      EXPECT_EQ(search.error().category, expected) << query;
      EXPECT_NE(search.error().issues.front().diagnostics.find("broken"), std::string::npos) << query;
    }
  }
}

TEST(ParseSearch, ReportsEveryIssue) {
  const auto search = parse(type("Patient"), "a=1&birthdate=x&name=ok&_count=z");
  ASSERT_FALSE(search.ok());
  EXPECT_EQ(search.error().issues.size(), 3u);
  EXPECT_EQ(search.error().issues[0].code, "invalid");
  EXPECT_EQ(search.error().issues[0].expression, "a");
  EXPECT_EQ(search.error().issues[1].expression, "birthdate");
  EXPECT_EQ(search.error().issues[1].code, "value");
}

TEST(ParseSearch, ReadsCount) {
  EXPECT_EQ(parse(type("Patient"), "")->count, kDefaultCount);
  EXPECT_EQ(parse(type("Patient"), "_count=7")->count, 7u);
  EXPECT_EQ(parse(type("Patient"), "_count=1000")->count, kMaxCount);
  EXPECT_EQ(parse(type("Patient"), "_count=1001")->count, kMaxCount);
  EXPECT_EQ(parse(type("Patient"), "_count=99999999999999999999999")->count, kMaxCount);
  const auto none = parse(type("Patient"), "_count=0");
  EXPECT_TRUE(none->count_only);
  EXPECT_EQ(none->total, Total::accurate);
  for (const char* bad : {"-1", "x", "1.5", "1x", "%2B1", "%201"}) {
    expect_rejected("Patient", std::string("_count=") + bad, "_count");
  }
  expect_rejected("Patient", "_count=", "_count");
  expect_rejected("Patient", "_count=1&_count=1", "_count");
}

TEST(ParseSearch, ReadsTotalSummaryAndElements) {
  EXPECT_EQ(parse(type("Patient"), "_total=estimate")->total, Total::estimate);
  EXPECT_EQ(parse(type("Patient"), "_total=accurate")->total, Total::accurate);
  EXPECT_EQ(parse(type("Patient"), "_summary=true")->summary, fhir::Summary::true_);
  EXPECT_EQ(parse(type("Patient"), "_summary=text")->summary, fhir::Summary::text);
  EXPECT_EQ(parse(type("Patient"), "_summary=data")->summary, fhir::Summary::data);
  EXPECT_EQ(parse(type("Patient"), "_summary=false")->summary, fhir::Summary::none);
  EXPECT_TRUE(parse(type("Patient"), "_summary=count")->count_only);
  EXPECT_EQ(parse(type("Patient"), "_elements=name,birthDate")->elements,
            (std::vector<std::string>{"name", "birthDate"}));
  EXPECT_EQ(parse(type("Patient"), "_elements=deceased,deceasedBoolean")->elements->size(), 2u);
  expect_rejected("Patient", "_total=many", "_total", "many");
  expect_rejected("Patient", "_summary=yes", "_summary", "yes");
  expect_refused("Patient", "_elements=nonsense", "_elements");
}

TEST(ParseSearch, ReadsSort) {
  const auto search = parse(type("Patient"), "_sort=-birthdate,family,_id,-_lastUpdated");
  ASSERT_TRUE(search.ok());
  const auto& sort = search->queries[0].sort;
  ASSERT_EQ(sort.size(), 4u);
  EXPECT_EQ(sort[0].parameter, registry().find(type("Patient"), "birthdate"));
  EXPECT_TRUE(sort[0].descending);
  EXPECT_EQ(sort[1].parameter->code, "family");
  EXPECT_FALSE(sort[1].descending);
  EXPECT_EQ(sort[2].column, SortKey::Column::id);
  EXPECT_EQ(sort[3].column, SortKey::Column::last_updated);
  EXPECT_TRUE(sort[3].descending);
  expect_refused("Patient", "_sort=nonsense", "nonsense");
  expect_refused("Location", "_sort=near", "near");
  expect_refused("Observation", "_sort=code-value-quantity", "code-value-quantity");
  expect_rejected("Patient", "_sort=birthdate,,family", "_sort");
  expect_rejected("Patient", "_sort=-", "_sort");
  EXPECT_TRUE(parse(type("Patient"), "_sort=_id,_id,_id,_id,_id,_id,_id,_id").ok());
  expect_rejected("Patient", "_sort=_id,_id,_id,_id,_id,_id,_id,_id,_id", "_sort");
  // Lenient keeps the keys that it knows.
  const auto lenient = parse(type("Patient"), "_sort=nonsense,family", Handling::lenient);
  EXPECT_EQ(lenient->queries[0].sort.size(), 1u);
  EXPECT_EQ(lenient->ignored.size(), 1u);
}

TEST(ParseSearch, ListsWhatItApplied) {
  const auto search = parse(type("Patient"), "name=a&nonsense=1&_count=5", Handling::lenient);
  ASSERT_EQ(search->applied.size(), 2u);
  EXPECT_EQ(search->applied[0].name, "name");
  EXPECT_EQ(search->applied[1].value, "5");
}

TEST(ParseSearch, SearchesTheWholeSystem) {
  const auto all = parse(fhir::kNoType, "_lastUpdated=ge2020&_sort=-_lastUpdated&_tag=a");
  ASSERT_TRUE(all.ok()) << all.error().message;
  EXPECT_EQ(all->queries.size(), 152u);
  for (std::size_t i = 0; i < all->queries.size(); ++i) {
    const Query& query = all->queries[i];
    EXPECT_EQ(query.sort.size(), 1u);
    EXPECT_EQ(query.plan.children[1].leaf.parameter->type, query.type);
    if (i > 0) {
      EXPECT_LT(fhir::r4().type(all->queries[i - 1].type).name, fhir::r4().type(query.type).name);
    }
  }
  const auto some = parse(fhir::kNoType, "_type=Patient,Observation,Patient&identifier=1");
  ASSERT_TRUE(some.ok()) << some.error().message;
  ASSERT_EQ(some->queries.size(), 2u);
  EXPECT_EQ(some->queries[0].type, type("Observation"));
  EXPECT_EQ(some->queries[1].type, type("Patient"));
  EXPECT_EQ(some->queries[1].plan.leaf.parameter, registry().find(type("Patient"), "identifier"));
  for (const char* bad : {"_type=Nothing", "_type=Patient,", "_type=DomainResource", "_type=", "name=a",
                          "_type=Patient,Observation&birthdate=2000", "_type=Patient&_type=Patient"}) {
    EXPECT_FALSE(parse(fhir::kNoType, bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace vesta::search
