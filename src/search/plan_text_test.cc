// Tests of plans as text, of decimal keys read back, and of moments.
#include "search/plan_text.h"

#include <gtest/gtest.h>

#include "fhir/datetime.h"
#include "search/decimal_key.h"
#include "search/test_support.h"

namespace vesta::search {
namespace {

using testing::registry;
using testing::type;

Leaf leaf_of(std::string_view type_name, std::string_view code, decltype(Leaf::match) match) {
  return {registry().find(type(type_name), code), std::move(match)};
}

TEST(PlanText, WritesLinksAndConjunctions) {
  std::vector<Plan> both;
  both.push_back(Plan::make_leaf(leaf_of("Observation", "code", TokenMatch{"http://loinc.org", "8480-6"})));
  both.push_back(
      Plan::make_link(Plan::Kind::chain, {registry().find(type("Observation"), "subject"), type("Patient")},
                      Plan::make_leaf(leaf_of("Patient", "name", StringMatch{StringMode::prefix, "smith"}))));
  EXPECT_EQ(to_text(Plan::make(Plan::Kind::and_, std::move(both)), registry()),
            "Observation.code = http://loinc.org|8480-6 and chain Observation.subject → Patient (name starts with "
            "\"smith\")");
  std::vector<Plan> either;
  either.push_back(Plan::make_all());
  either.push_back(Plan::make(Plan::Kind::not_, {Plan::make_none()}));
  std::vector<Plan> outer;
  outer.push_back(Plan::make(Plan::Kind::or_, std::move(either)));
  outer.push_back(Plan::make_link(Plan::Kind::has,
                                  {registry().find(type("Observation"), "patient"), type("Observation")},
                                  Plan::make_leaf({nullptr, IdMatch{"1"}})));
  EXPECT_EQ(to_text(Plan::make(Plan::Kind::and_, std::move(outer)), registry()),
            "(everything or not (nothing)) and has Observation.patient (_id = 1)");
}

TEST(PlanText, WritesEveryMatch) {
  const auto text = [](std::string_view type_name, std::string_view code, decltype(Leaf::match) match) {
    return to_text(leaf_of(type_name, code, std::move(match)), registry());
  };
  EXPECT_EQ(text("Patient", "gender", TokenMatch{{}, "male"}), "Patient.gender = male");
  EXPECT_EQ(text("Patient", "gender", TokenMatch{"s", {}}), "Patient.gender = s|(any code)");
  EXPECT_EQ(text("Patient", "gender", TokenMatch{{}, "male", true}), "Patient.gender ≠ male");
  EXPECT_EQ(text("Patient", "gender", TokenMatch{"s", {}, true}), "Patient.gender ≠ s|(any code)");
  EXPECT_EQ(text("Patient", "gender", TokenMatch{"s", "male", true}), "Patient.gender ≠ s|male");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::exact, "A"}), "Patient.name is exactly \"A\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::suffix, "a"}), "Patient.name ends with \"a\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::equal, "a"}), "Patient.name = \"a\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::unequal, "a"}), "Patient.name ≠ \"a\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::greater, "a"}), "Patient.name > \"a\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::less, "a"}), "Patient.name < \"a\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::at_least, "a"}), "Patient.name ≥ \"a\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::at_most, "a"}), "Patient.name ≤ \"a\"");
  EXPECT_EQ(text("Patient", "name", StringMatch{StringMode::contains, "a"}), "Patient.name contains \"a\"");
  EXPECT_EQ(text("Patient", "link", ReferenceMatch{{type("Patient")}, "1"}), "Patient.link = Patient/1");
  EXPECT_EQ(text("Patient", "link", ReferenceMatch{{}, "1"}), "Patient.link = (any type)/1");
  const auto range = fhir::parse_time_range("2020-02");
  EXPECT_EQ(text("Patient", "birthdate", DateMatch{Prefix::ge, range->low, range->high}),
            "Patient.birthdate ≥ [2020-02-01, 2020-03-01)");
  EXPECT_EQ(text("Patient", "birthdate", DateMatch{Prefix::ap, range->low, range->high}),
            "Patient.birthdate overlaps [2020-02-01, 2020-03-01)");
  EXPECT_EQ(text("Patient", "birthdate", DateMatch{Prefix::co, range->low, range->high}),
            "Patient.birthdate contains [2020-02-01, 2020-03-01)");
  const NumberMatch number{Prefix::lt, *decimal_key("-0.5"), *decimal_key("100"), *decimal_key("12.25")};
  EXPECT_EQ(text("RiskAssessment", "probability", number), "RiskAssessment.probability < 12.25");
  NumberMatch equal = number;
  equal.prefix = Prefix::eq;
  EXPECT_EQ(text("Observation", "value-quantity", QuantityMatch{equal, "s", "g", number, "kg"}),
            "Observation.value-quantity = [-0.5, 100) s|g, or < 12.25 kg");
  NumberMatch covered = number;
  covered.prefix = Prefix::co;
  EXPECT_EQ(text("RiskAssessment", "probability", covered), "RiskAssessment.probability contains 12.25");
  EXPECT_EQ(text("ValueSet", "url", UriMatch{"http://a", UriMode::unequal}), "ValueSet.url ≠ http://a");
  EXPECT_EQ(to_text(Leaf{nullptr, IdMatch{"a", true}}, registry()), "_id ≠ a");
  EXPECT_EQ(to_text(Leaf{nullptr, IdMatch{"", true}}, registry()), "_id is present");
  EXPECT_EQ(text("ValueSet", "url", UriMatch{"http://a", UriMode::below}), "ValueSet.url is or is below http://a");
  EXPECT_EQ(text("Patient", "name", PresentMatch{}), "Patient.name is present");
  EXPECT_EQ(text("Location", "near", PositionMatch{1.5, 2, 1000}), "Location.near within 1000 m of 1.5, 2");
  EXPECT_EQ(text("Patient", "name", WordMatch{"a", true}), "Patient.name has a word that begins with \"a\"");
  EXPECT_EQ(text("Observation", "code", TokenSetMatch{std::make_shared<const TokenSet>()}),
            "Observation.code in a set of 0 codes and 0 systems");
  const auto set = std::make_shared<const IdSet>(IdSet{{"a", "b"}});
  EXPECT_EQ(to_text(Leaf{nullptr, IdSetMatch{set}}, registry()), "_id is one of 2");
  EXPECT_EQ(text("Observation", "subject", ReferenceSetMatch{*fhir::r4().find_resource_type("Patient"), set}),
            "Observation.subject = Patient/(one of 2)");
  EXPECT_EQ(text("Observation", "subject", UriSetMatch{"http://e/Patient/", set}),
            "Observation.subject is http://e/Patient/ and one of 2");
  CompositeMatch composite{{leaf_of("Observation", "code", TokenMatch{{}, "a"}),
                            leaf_of("Observation", "date", DateMatch{Prefix::eq, range->low, range->high})}};
  EXPECT_EQ(text("Observation", "code-value-date", composite),
            "Observation.code-value-date of one element (code = a with date = [2020-02-01, 2020-03-01))");
}

TEST(PlanText, ReadsDecimalKeysBack) {
  for (const char* number :
       {"0", "1", "-1", "1.5", "-1.55", "100", "0.05", "0.5", "1234567.891", "-0.000012", "10", "99"}) {
    EXPECT_EQ(decimal_text(*decimal_key(number)), number);
  }
  EXPECT_EQ(decimal_text(*decimal_key("1e31")), "1e31");
  EXPECT_EQ(decimal_text(*decimal_key("-125e-40")), "-125e-40");
  EXPECT_EQ(decimal_text(decimal_key_plus_infinity()), "∞");
  EXPECT_EQ(decimal_text(decimal_key_minus_infinity()), "-∞");
}

TEST(PlanText, WritesMoments) {
  EXPECT_EQ(moment_text(0), "1970-01-01");
  EXPECT_EQ(moment_text(fhir::parse_time_range("2020-02-29T10:20:30.5Z")->low), "2020-02-29T10:20:30.5Z");
  EXPECT_EQ(moment_text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(moment_text(kDateMin), "-∞");
  EXPECT_EQ(moment_text(kDateMax), "∞");
}

}  // namespace
}  // namespace vesta::search
