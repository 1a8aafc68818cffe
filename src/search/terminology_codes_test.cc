// Tests of the CodeSource over R4's own definitions.
#include "search/terminology_codes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "terminology/embedded.h"

namespace vesta::search {
namespace {

class TerminologyCodesTest : public testing::Test {
 protected:
  terminology::EmbeddedSource definitions_{terminology::r4_blocks()};
  terminology::Service service_{fhir::r4(), {&definitions_}};
  TerminologyCodes codes_{service_};
};

constexpr char kClinical[] = "http://terminology.hl7.org/CodeSystem/condition-clinical";

TEST_F(TerminologyCodesTest, HasTheCodesOfAValueSetSorted) {
  const auto set = codes_.value_set("http://hl7.org/fhir/ValueSet/action-relationship-type");
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_EQ((*set)->codes.size(), 9u);
  EXPECT_TRUE(std::is_sorted((*set)->codes.begin(), (*set)->codes.end()));
  EXPECT_EQ((*set)->codes[0].first, "http://hl7.org/fhir/action-relationship-type");
  EXPECT_TRUE((*set)->systems.empty());
}

TEST_F(TerminologyCodesTest, HasWholeSystems) {
  const auto set = codes_.value_set("http://hl7.org/fhir/ValueSet/observation-codes");
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_EQ((*set)->systems, std::vector<std::string>{"http://loinc.org"});
}

TEST_F(TerminologyCodesTest, HasWhatIsBelowAndAbove) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ((*codes_.subsumed_by(kClinical, "active"))->codes,
            (std::vector<Pair>{{kClinical, "active"}, {kClinical, "recurrence"}, {kClinical, "relapse"}}));
  EXPECT_EQ((*codes_.subsuming(kClinical, "relapse"))->codes,
            (std::vector<Pair>{{kClinical, "active"}, {kClinical, "relapse"}}));
}

TEST_F(TerminologyCodesTest, SharesWhatItHasConverted) {
  const char* url = "http://hl7.org/fhir/ValueSet/administrative-gender";
  EXPECT_EQ(*codes_.value_set(url), *codes_.value_set(url));
}

TEST_F(TerminologyCodesTest, MakesWhatIsUnknownAMistakeOfTheQuery) {
  const auto unknown = codes_.value_set("http://example.org/none");
  EXPECT_EQ(unknown.error().category, Category::invalid);
  EXPECT_EQ(unknown.error().issues.at(0).code, "not-found");
  EXPECT_EQ(codes_.subsuming(kClinical, "nonsense").error().category, Category::invalid);
  const auto absent = codes_.value_set("http://hl7.org/fhir/ValueSet/condition-code");
  EXPECT_EQ(absent.error().category, Category::unsupported);
  EXPECT_EQ(absent.error().issues.at(0).code, "not-supported");
}

}  // namespace
}  // namespace vesta::search
