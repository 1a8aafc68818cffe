// Tests of the CodeSource over R4's own definitions.
#include "search/terminology_codes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "http/message.h"
#include "search/matcher.h"
#include "search/query_text.h"
#include "search/test_support.h"
#include "terminology/embedded.h"

namespace vesta::search {
namespace {

class TerminologyCodesTest : public ::testing::Test {
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

// From the text of a query to the answer of the matcher.
TEST_F(TerminologyCodesTest, ServesQueries) {
  const auto found = [&](const std::string& query, std::string_view clinical_status) -> std::string {
    const auto parameters = http::parse_query(query);
    const ParseContext context = {testing::registry(), "http://localhost/fhir", Instant{}, Handling::strict, &codes_};
    const auto search = parse_search(context, testing::type("Condition"), *parameters);
    if (!search.ok()) return search.error().message;
    const testing::Extracted condition(
        R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":")" +
        std::string(kClinical) + R"(","code":")" + std::string(clinical_status) + R"("}]}})");
    EXPECT_FALSE(condition.error.has_value());
    const Subject subject = {testing::type("Condition"), "1", Instant{}, &condition.values};
    return matches(search->queries.at(0).plan, subject) ? "yes" : "no";
  };
  const std::string below = "clinical-status:below=" + std::string(kClinical) + "|active";
  EXPECT_EQ(found(below, "relapse"), "yes");
  EXPECT_EQ(found(below, "active"), "yes");
  EXPECT_EQ(found(below, "resolved"), "no");
  EXPECT_EQ(found("clinical-status:below=active", "relapse"), "yes");
  EXPECT_EQ(found("clinical-status:above=" + std::string(kClinical) + "|relapse", "active"), "yes");
  EXPECT_EQ(found("clinical-status:above=" + std::string(kClinical) + "|relapse", "recurrence"), "no");
  const std::string set = "http://hl7.org/fhir/ValueSet/condition-clinical";
  EXPECT_EQ(found("clinical-status:in=" + set, "relapse"), "yes");
  EXPECT_EQ(found("clinical-status:in=" + set, "unheard"), "no");
  EXPECT_EQ(found("clinical-status:not-in=" + set, "relapse"), "no");
  EXPECT_EQ(found("clinical-status:not-in=" + set, "unheard"), "yes");
  const std::string unknown = found("clinical-status:in=http://example.org/none", "active");
  EXPECT_NE(unknown.find("There is no ValueSet 'http://example.org/none'"), std::string::npos) << unknown;
}

}  // namespace
}  // namespace vesta::search
