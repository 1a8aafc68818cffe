// Tests of the matcher: the truth tables of R4's prefixes, each kind of leaf, plans, and the order of sorts.
#include "search/matcher.h"

#include <gtest/gtest.h>

#include <array>

#include "search/decimal_key.h"
#include "search/params/match.h"

namespace vesta::search {
namespace {

constexpr Prefix kPrefixes[] = {Prefix::eq, Prefix::ne, Prefix::gt, Prefix::lt, Prefix::ge,
                                Prefix::le, Prefix::sa, Prefix::eb, Prefix::ap, Prefix::co};

// https://hl7.org/fhir/R4/search.html#prefix: the parameter's range is [100, 200), as a day is; the value lies around
// it.
TEST(MatchesDate, FollowsR4ForEveryPosition) {
  struct Case {
    const char* where;
    std::int64_t low, high;
    const char* matching;  // of "eq ne gt lt ge le sa eb ap co"
  };
  for (const Case& c : std::vector<Case>{
           {"well before", 0, 50, "ne lt le eb"},
           {"ends where it begins", 0, 100, "ne lt le eb"},
           {"overlaps its begin", 50, 150, "ne lt le ap"},
           {"from its begin", 100, 150, "eq ge le ap"},
           {"inside", 120, 150, "eq ge le ap"},
           {"the same", 100, 200, "eq ge le ap co"},
           {"up to its end", 150, 200, "eq ge le ap"},
           {"overlaps its end", 150, 250, "ne gt ge ap"},
           {"begins where it ends", 200, 250, "ne gt ge sa"},
           {"well after", 300, 350, "ne gt ge sa"},
           {"contains it", 50, 250, "ne gt lt ge le ap co"},
           {"from its begin and beyond", 100, 250, "ne gt ge ap co"},
           {"from before to its end", 50, 200, "ne lt le ap co"},
           {"open end, begins before", 50, kDateMax, "ne gt lt ge le ap co"},
           {"open end, begins inside", 150, kDateMax, "ne gt ge ap"},
           {"open end, begins after", 250, kDateMax, "ne gt ge sa"},
           {"open begin, ends before", kDateMin, 50, "ne lt le eb"},
           {"open begin, ends inside", kDateMin, 150, "ne lt le ap"},
           {"open begin, ends after", kDateMin, 250, "ne gt lt ge le ap co"},
           {"always", kDateMin, kDateMax, "ne gt lt ge le ap co"},
       }) {
    const char* names[] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap", "co"};
    for (Prefix prefix : kPrefixes) {
      const char* name = names[static_cast<int>(prefix)];
      EXPECT_EQ(params::matches(DateMatch{prefix, 100, 200}, DateValue{0, c.low, c.high}),
                std::string_view(c.matching).find(name) != std::string_view::npos)
          << c.where << ": " << name;
    }
  }
}

std::string key(std::string_view text) {
  return text == "-inf"  ? decimal_key_minus_infinity()
         : text == "inf" ? decimal_key_plus_infinity()
                         : *decimal_key(text);
}

// https://hl7.org/fhir/R4/search.html#number: the parameter is 100, so [99.5, 100.5) for eq and ne, 10 % for ap. For
// co the value is [low, high).
TEST(MatchesNumber, FollowsR4ForEveryPosition) {
  struct Case {
    const char *low, *high, *matching;
  };
  for (const Case& c : std::vector<Case>{
           {"-100", "-100", "ne lt le eb"},
           {"89.999", "89.999", "ne lt le eb"},
           {"90", "90", "ne lt le eb ap"},
           {"99.49", "99.49", "ne lt le eb ap"},
           {"99.5", "99.5", "eq lt le eb ap"},
           {"100", "100", "eq ge le ap"},
           {"100.00", "100.00", "eq ge le ap"},
           {"100.49", "100.49", "eq gt ge sa ap"},
           {"100.5", "100.5", "ne gt ge sa ap"},
           {"109.99", "109.99", "ne gt ge sa ap"},
           {"110", "110", "ne gt ge sa"},
           {"99", "101", "ne gt lt ge le ap co"},
           {"99.6", "100.4", "eq gt lt ge le ap co"},
           {"100", "120", "ne gt ge le ap co"},
           {"50", "100", "ne lt ge le ap"},
           {"50", "inf", "ne gt lt ge le ap co"},
           {"200", "inf", "ne gt ge sa"},
           {"-inf", "50", "ne lt le eb"},
       }) {
    const char* names[] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap", "co"};
    for (Prefix prefix : kPrefixes) {
      const auto range = prefix == Prefix::ap ? approximate_range("100") : implicit_range("100");
      const std::string low = key(c.low), high = key(c.high);
      const char* name = names[static_cast<int>(prefix)];
      EXPECT_EQ(params::matches(NumberMatch{prefix, range->low, range->high, range->exact}, NumberValue{0, low, high}),
                std::string_view(c.matching).find(name) != std::string_view::npos)
          << c.low << ".." << c.high << ": " << name;
    }
  }
}

TEST(MatchesToken, SystemAndCode) {
  const TokenValue with{0, "8480-6", "http://loinc.org"}, without{0, "8480-6", ""};
  struct Case {
    TokenMatch match;
    bool with, without;
  };
  for (const Case& c : std::vector<Case>{{{std::nullopt, "8480-6"}, true, true},
                                         {{std::nullopt, "8480-7"}, false, false},
                                         {{"http://loinc.org", "8480-6"}, true, false},
                                         {{"http://loinc.org", "1"}, false, false},
                                         {{"http://loinc.org", std::nullopt}, true, false},
                                         {{"", "8480-6"}, false, true},
                                         {{"http://other", std::nullopt}, false, false}}) {
    EXPECT_EQ(params::matches(c.match, with), c.with);
    EXPECT_EQ(params::matches(c.match, without), c.without);
    const TokenMatch unequal{c.match.system, c.match.code, true};
    EXPECT_EQ(params::matches(unequal, with), !c.with);
    EXPECT_EQ(params::matches(unequal, without), !c.without);
  }
}

TEST(MatchesString, Modes) {
  const StringValue value{0, "van der berg", "Van der Bérg"};
  EXPECT_TRUE(params::matches(StringMatch{StringMode::prefix, "van"}, value));
  EXPECT_FALSE(params::matches(StringMatch{StringMode::prefix, "berg"}, value));
  EXPECT_TRUE(params::matches(StringMatch{StringMode::contains, "berg"}, value));
  EXPECT_FALSE(params::matches(StringMatch{StringMode::contains, "burg"}, value));
  EXPECT_TRUE(params::matches(StringMatch{StringMode::exact, "Van der Bérg"}, value));
  EXPECT_FALSE(params::matches(StringMatch{StringMode::exact, "Van"}, value));
  EXPECT_FALSE(params::matches(StringMatch{StringMode::exact, "van der berg"}, value));
}

// By code points, whatever their bytes' signs: "z" < "ж" < "😀", and a text before those that it begins.
TEST(MatchesString, Order) {
  const StringValue value{0, "ж", "Ж"};
  struct Case {
    const char* text;
    const char* matching;  // of "> < >= <="
  };
  const struct {
    StringMode mode;
    const char* name;
  } modes[] = {{StringMode::greater, ">;"},
               {StringMode::less, "<;"},
               {StringMode::at_least, ">=;"},
               {StringMode::at_most, "<=;"}};
  for (const Case& c :
       {Case{"z", ">; >=;"}, Case{"ж", ">=; <=;"}, Case{"жа", "<; <=;"}, Case{"\U0001F600", "<; <=;"}}) {
    for (const auto& each : modes) {
      EXPECT_EQ(params::matches(StringMatch{each.mode, c.text}, value),
                std::string_view(c.matching).find(each.name) != std::string_view::npos)
          << each.name << c.text;
    }
  }
}

TEST(MatchesUri, Unequal) {
  EXPECT_FALSE(params::matches(UriMatch{"http://a", UriMode::unequal}, UriValue{0, "http://a"}));
  EXPECT_TRUE(params::matches(UriMatch{"http://a", UriMode::unequal}, UriValue{0, "http://a/b"}));
}

TEST(MatchesQuantity, SystemCodeAndUnit) {
  const std::string low = key("5.4");
  const auto range = *implicit_range("5.4");
  const NumberMatch number{Prefix::eq, range.low, range.high, range.exact};
  const QuantityValue value{0, low, low, "http://unitsofmeasure.org", "mg", "milligram"};
  EXPECT_TRUE(params::matches(QuantityMatch{number, {}, {}}, value));
  EXPECT_TRUE(params::matches(QuantityMatch{number, "http://unitsofmeasure.org", "mg"}, value));
  EXPECT_FALSE(params::matches(QuantityMatch{number, "http://unitsofmeasure.org", "milligram"}, value));
  EXPECT_FALSE(params::matches(QuantityMatch{number, "http://other", "mg"}, value));
  EXPECT_TRUE(params::matches(QuantityMatch{number, {}, "mg"}, value));
  EXPECT_TRUE(params::matches(QuantityMatch{number, {}, "milligram"}, value));
  EXPECT_FALSE(params::matches(QuantityMatch{number, {}, "g"}, value));
}

// Two types, so that their names and numbers order differently for the sort by reference.
class Matcher : public testing::Test {
 protected:
  const std::array<fhir::Type, 2> types_{
      fhir::Type{"Patient", fhir::kNoType, fhir::TypeKind::resource, fhir::Primitive::none, false, {}, {}},
      fhir::Type{"Group", fhir::kNoType, fhir::TypeKind::resource, fhir::Primitive::none, false, {}, {}}};
  const fhir::Tables tables_{"4.0.1", "", {}, {}, types_, {}, {}};
  const fhir::Definitions definitions_{tables_};

  static Parameter parameter(ParameterId id, fhir::SearchParamType kind) {
    Parameter made;
    made.id = id;
    made.type = 1;
    made.kind = kind;
    return made;
  }
  const Parameter token_ = parameter(3, fhir::SearchParamType::token);
  const Parameter other_token_ = parameter(4, fhir::SearchParamType::token);
  const Parameter reference_ = parameter(5, fhir::SearchParamType::reference);
  const Parameter date_ = parameter(6, fhir::SearchParamType::date);

  static Subject subject(const IndexValues& values, std::string_view id = "a", std::int64_t updated = 1000) {
    return {1, id, Instant{updated}, &values};
  }
};

TEST_F(Matcher, LooksAtTheParametersOwnValuesOnly) {
  IndexValues values;
  values.tokens = {{3, "a", ""}, {3, "b", ""}, {4, "c", ""}};
  values.references = {{5, 0, "p1"}, {5, 1, "g1"}};
  values.uris = {{5, "urn:x"}};
  const auto holds = [&](const Leaf& leaf) { return matches(leaf, subject(values)); };
  EXPECT_TRUE(holds({&token_, TokenMatch{{}, "b"}}));
  EXPECT_FALSE(holds({&token_, TokenMatch{{}, "c"}}));
  EXPECT_TRUE(holds({&other_token_, TokenMatch{{}, "c"}}));
  EXPECT_TRUE(holds({&reference_, ReferenceMatch{{0}, "p1"}}));
  EXPECT_FALSE(holds({&reference_, ReferenceMatch{{1}, "p1"}}));
  EXPECT_TRUE(holds({&reference_, ReferenceMatch{{}, "g1"}}));
  EXPECT_TRUE(holds({&reference_, ReferenceMatch{{1, 0}, "g1"}}));
  EXPECT_TRUE(holds({&reference_, UriMatch{"urn:x"}}));
  EXPECT_FALSE(holds({&reference_, UriMatch{"urn:"}}));
  EXPECT_TRUE(holds({nullptr, IdMatch{"a"}}));
  EXPECT_FALSE(holds({nullptr, IdMatch{"A"}}));
  EXPECT_FALSE(holds({nullptr, IdMatch{"a", true}}));
  EXPECT_TRUE(holds({nullptr, IdMatch{"A", true}}));
  const auto set = std::make_shared<const IdSet>(IdSet{{"a", "p1"}});
  EXPECT_TRUE(holds({nullptr, IdSetMatch{set}}));
  EXPECT_FALSE(holds({nullptr, IdSetMatch{std::make_shared<const IdSet>(IdSet{{"b"}})}}));
  EXPECT_TRUE(holds({&reference_, ReferenceSetMatch{0, set}}));
  EXPECT_FALSE(holds({&reference_, ReferenceSetMatch{1, set}})) << "another type";
  EXPECT_FALSE(holds({&reference_, UriSetMatch{"http://e/fhir/Patient/", set}}));
  values.uris = {{5, "http://e/fhir/Patient/p1"}};
  EXPECT_TRUE(holds({&reference_, UriSetMatch{"http://e/fhir/Patient/", set}}));
  EXPECT_FALSE(holds({&reference_, UriSetMatch{"http://f/fhir/Patient/", set}}));
  EXPECT_TRUE(holds({nullptr, LastUpdatedMatch{{Prefix::eq, 1000, 1001}}}));
  EXPECT_FALSE(holds({nullptr, LastUpdatedMatch{{Prefix::eq, 1001, 1002}}}));
  EXPECT_TRUE(holds({nullptr, LastUpdatedMatch{{Prefix::lt, 1001, 1002}}}));
}

TEST_F(Matcher, DecidesPlans) {
  IndexValues values;
  values.tokens = {{3, "a", ""}};
  const Plan yes = Plan::make_leaf({&token_, TokenMatch{{}, "a"}});
  const Plan no = Plan::make_leaf({&token_, TokenMatch{{}, "b"}});
  const auto holds = [&](const Plan& plan) { return matches(plan, subject(values)); };
  using Kind = Plan::Kind;
  EXPECT_TRUE(holds(Plan::make_all()));
  EXPECT_FALSE(holds(Plan::make_none()));
  EXPECT_TRUE(holds(Plan::make(Kind::and_, {yes, yes})));
  EXPECT_FALSE(holds(Plan::make(Kind::and_, {yes, no})));
  EXPECT_TRUE(holds(Plan::make(Kind::or_, {no, yes})));
  EXPECT_FALSE(holds(Plan::make(Kind::or_, {no, no})));
  EXPECT_FALSE(holds(Plan::make(Kind::not_, {yes})));
  EXPECT_TRUE(holds(Plan::make(Kind::not_, {no})));
  EXPECT_TRUE(holds(Plan::make(Kind::and_, {yes, Plan::make(Kind::not_, {no})})));
}

TEST_F(Matcher, SortsByLowestUpAndHighestDownWithAbsentLast) {
  IndexValues low_and_high, middle, none;
  low_and_high.tokens = {{3, "a", ""}, {3, "z", ""}};
  middle.tokens = {{3, "m", ""}, {4, "b", ""}};
  none.tokens = {{4, "a", ""}};
  const auto before = [&](bool descending, const IndexValues& left, const IndexValues& right) {
    const SortKey key{SortKey::Column::parameter, &token_, descending};
    return sorts_before({&key, 1}, subject(left), subject(right), definitions_);
  };
  for (bool descending : {false, true}) {
    EXPECT_TRUE(before(descending, low_and_high, middle));
    EXPECT_FALSE(before(descending, middle, low_and_high));
    EXPECT_TRUE(before(descending, middle, none));
    EXPECT_FALSE(before(descending, none, middle));
    EXPECT_FALSE(before(descending, none, none));
    EXPECT_FALSE(before(descending, middle, middle));
  }
}

TEST_F(Matcher, SortsReferencesByTheirTypesNameAndDatesByTheirNearEnd) {
  IndexValues patient, group;
  patient.references = {{5, 0, "a"}};
  group.references = {{5, 1, "b"}};
  const SortKey reference{SortKey::Column::parameter, &reference_, false};
  EXPECT_TRUE(sorts_before({&reference, 1}, subject(group), subject(patient), definitions_));

  IndexValues narrow, wide;
  narrow.dates = {{6, 10, 20}};
  wide.dates = {{6, 5, 30}};
  for (bool descending : {false, true}) {
    const SortKey date{SortKey::Column::parameter, &date_, descending};
    EXPECT_TRUE(sorts_before({&date, 1}, subject(wide), subject(narrow), definitions_));
  }
}

TEST_F(Matcher, SortsByLaterKeysAmongEquals) {
  IndexValues values;
  values.tokens = {{3, "a", ""}};
  const SortKey keys[] = {{SortKey::Column::parameter, &token_, false},
                          {SortKey::Column::last_updated, nullptr, true},
                          {SortKey::Column::id, nullptr, false}};
  const auto before = [&](Subject left, Subject right) { return sorts_before(keys, left, right, definitions_); };
  EXPECT_TRUE(before(subject(values, "b", 2), subject(values, "a", 1)));
  EXPECT_TRUE(before(subject(values, "a", 1), subject(values, "b", 1)));
  EXPECT_FALSE(before(subject(values, "b", 1), subject(values, "a", 1)));
  EXPECT_FALSE(before(subject(values, "a", 1), subject(values, "a", 1)));
}

}  // namespace
}  // namespace vesta::search
