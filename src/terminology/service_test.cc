// Tests of the service: sources in order, versions, hierarchies, the caches and their generations, threads.
#include "terminology/service.h"

#include <gtest/gtest.h>

#include <thread>

#include "terminology/embedded.h"
#include "terminology/test_source.h"

namespace vesta::terminology {
namespace {

std::string codes_of(const Result<std::shared_ptr<const CodeSet>>& set) {
  if (!set.ok()) return "error: " + set.error().message;
  std::string text;
  for (const SystemCodes& system : (*set)->systems()) {
    if (system.whole) text += "*";
    for (const std::string& code : system.codes) text += code + " ";
  }
  return text;
}

class R4Terminology : public testing::Test {
 protected:
  EmbeddedSource definitions_{r4_blocks()};
  Service service_{fhir::r4(), {&definitions_}};
};

constexpr char kClinical[] = "http://terminology.hl7.org/CodeSystem/condition-clinical";

TEST_F(R4Terminology, FindsWhatIsBelow) {
  EXPECT_EQ(codes_of(service_.subsumed_by(kClinical, "active")), "active recurrence relapse ");
  EXPECT_EQ(codes_of(service_.subsumed_by(kClinical, "inactive")), "inactive remission resolved ");
  EXPECT_EQ(codes_of(service_.subsumed_by(kClinical, "relapse")), "relapse ");
  EXPECT_EQ((*service_.subsumed_by(kClinical, "active"))->systems()[0].system, kClinical);
}

TEST_F(R4Terminology, FindsWhatIsAbove) {
  EXPECT_EQ(codes_of(service_.subsumes(kClinical, "relapse")), "active relapse ");
  EXPECT_EQ(codes_of(service_.subsumes(kClinical, "active")), "active ");
}

TEST_F(R4Terminology, FollowsThePropertyChildBesideNesting) {
  // v3-RoleCode nests TWIN below SIB; NTWIN and the like stand at one place and are listed as `child` at others.
  const std::string above = codes_of(service_.subsumes("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "NBRO"));
  EXPECT_NE(above.find("BRO "), std::string::npos) << above;
  EXPECT_NE(above.find("NSIB "), std::string::npos) << above;
  EXPECT_NE(above.find("SIB "), std::string::npos) << above;
}

TEST_F(R4Terminology, FindsACodeInEverySystemWhereNoneIsNamed) {
  const auto set = service_.subsumed_by("", "recurrence");
  ASSERT_TRUE(set.ok());
  EXPECT_TRUE((*set)->contains(kClinical, "recurrence"));
  EXPECT_GE((*set)->systems().size(), 1u);
  EXPECT_EQ(service_.subsumed_by("", "no-such-code-anywhere").error().category, Category::not_found);
}

TEST_F(R4Terminology, NamesWhatIsUnknown) {
  const auto system = service_.subsumed_by("http://example.org/none", "x");
  EXPECT_EQ(system.error().category, Category::not_found);
  EXPECT_NE(system.error().message.find("http://example.org/none"), std::string::npos);
  const auto code = service_.subsumes(kClinical, "nonsense");
  EXPECT_EQ(code.error().category, Category::not_found);
  EXPECT_NE(code.error().message.find("'nonsense'"), std::string::npos);
  const auto set = service_.expand("http://example.org/none");
  EXPECT_EQ(set.error().category, Category::not_found);
  EXPECT_NE(set.error().message.find("ValueSet 'http://example.org/none'"), std::string::npos);
}

TEST_F(R4Terminology, RefusesHierarchiesThatAreNotHere) {
  const auto below = service_.subsumed_by("http://snomed.info/sct", "73211009");
  EXPECT_EQ(below.error().category, Category::unsupported);
  EXPECT_NE(below.error().message.find("http://snomed.info/sct"), std::string::npos);
}

TEST_F(R4Terminology, ExpandsWithAndWithoutAVersion) {
  EXPECT_EQ(codes_of(service_.expand("http://hl7.org/fhir/ValueSet/observation-status")),
            "amended cancelled corrected entered-in-error final preliminary registered unknown ");
  EXPECT_TRUE(service_.expand("http://hl7.org/fhir/ValueSet/observation-status|4.0.1").ok());
  EXPECT_EQ(service_.expand("http://hl7.org/fhir/ValueSet/observation-status|3.0.1").error().category,
            Category::not_found);
}

TEST_F(R4Terminology, ExpandsAFilterAndAnExclude) {
  const auto set = service_.expand("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode");
  EXPECT_EQ(codes_of(set), "ACUTE AMB EMER FLD HH IMP NONAC OBSENC PRENC SS VR ");
  EXPECT_FALSE((*set)->contains("http://terminology.hl7.org/CodeSystem/v3-ActCode", "_ActEncounterCode"));
}

TEST_F(R4Terminology, ExpandsWhatIsNotAnother) {
  EXPECT_EQ(codes_of(service_.expand("http://terminology.hl7.org/ValueSet/v2-0131")), "BP C CP E EP F I N O PR S U ");
  EXPECT_EQ(codes_of(service_.expand("http://hl7.org/fhir/ValueSet/patient-contactrelationship")),
            "BP C CP E EP F I N PR S U ");
}

TEST_F(R4Terminology, KeepsASystemWholeWhoseCodesAreNotHere) {
  const auto set = service_.expand("http://hl7.org/fhir/ValueSet/observation-codes");
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_TRUE((*set)->contains("http://loinc.org", "8480-6"));
  EXPECT_FALSE((*set)->contains("http://snomed.info/sct", "8480-6"));
}

TEST_F(R4Terminology, TellsMembersAndDisplays) {
  const char* gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
  EXPECT_TRUE(*service_.contains(gender, "http://hl7.org/fhir/administrative-gender", "female"));
  EXPECT_FALSE(*service_.contains(gender, "http://hl7.org/fhir/administrative-gender", "FEMALE"));
  EXPECT_FALSE(*service_.contains(gender, "http://example.org", "female"));
  EXPECT_EQ(*service_.display(kClinical, "relapse"), "Relapse");
}

TEST(Service, AsksItsSourcesInOrder) {
  TestSource store;
  EmbeddedSource definitions(r4_blocks());
  Service service(fhir::r4(), {&store, &definitions});
  EXPECT_EQ(codes_of(service.subsumed_by(kClinical, "active")), "active recurrence relapse ");
  store.add_system(kClinical, R"([{"code":"active","concept":[{"code":"again"}]}])");
  EXPECT_EQ(codes_of(service.subsumed_by(kClinical, "active")), "active again ");
  // A version that only the definitions have.
  EXPECT_EQ(codes_of(service.subsumed_by(std::string(kClinical) + "|4.0.1", "active")), "active recurrence relapse ");
}

TEST(Service, KeepsAnswersUntilTheGenerationGrows) {
  TestSource store;
  store.add_system("s", R"([{"code":"a"},{"code":"b"}])");
  store.add_value_set("v", R"({"include":[{"system":"s"}]})");
  Service service(fhir::r4(), {&store});
  EXPECT_EQ(codes_of(service.expand("v")), "a b ");
  const int finds = store.finds();
  EXPECT_EQ(codes_of(service.expand("v")), "a b ");
  EXPECT_TRUE(service.subsumed_by("s", "a").ok());
  EXPECT_EQ(store.finds(), finds);
  store.add_system("s", R"([{"code":"a"},{"code":"c"}])");
  EXPECT_EQ(codes_of(service.expand("v")), "a c ");
}

TEST(Service, PassesTheErrorsOfItsSources) {
  TestSource store;
  store.fail(Category::unavailable);
  Service service(fhir::r4(), {&store});
  EXPECT_EQ(service.expand("v").error().category, Category::unavailable);
}

TEST(Service, SaysWhichResourceCannotBeRead) {
  TestSource store;
  store.add(Kind::value_set, "v", R"(,"colour":"red")");
  Service service(fhir::r4(), {&store});
  const auto set = service.expand("v");
  EXPECT_EQ(set.error().category, Category::invalid);
  EXPECT_NE(set.error().message.find("ValueSet 'v' cannot be read"), std::string::npos) << set.error().message;
}

TEST(Service, AnswersManyThreads) {
  TestSource store;
  EmbeddedSource definitions(r4_blocks());
  Service service(fhir::r4(), {&store, &definitions});
  const std::vector<std::string> urls = definitions.urls(Kind::value_set).value();
  std::vector<std::size_t> sums(4);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < sums.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t at = 0; at < urls.size(); at += 10) {
        const auto set = service.expand(urls[(at + thread * 400) % 1300]);
        sums[thread] += set.ok() ? (*set)->size() : 1;
        if (thread == 0 && at % 100 == 0) store.change_generation();
      }
      for (std::size_t at = 0; at < urls.size(); at += 50) sums[thread] += service.expand(urls[at]).ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::size_t sum : sums) EXPECT_GT(sum, 1000u);
}

struct Sized {
  std::size_t size;
  std::size_t bytes() const { return size; }
};

TEST(Cache, DropsWhatWasNotUsedForLongest) {
  Cache<Sized> cache(3000);
  const auto put = [&](const std::string& key) { cache.put(key, 0, std::make_shared<const Sized>(Sized{700})); };
  put("a"), put("b"), put("c");
  EXPECT_NE(cache.get("a", 0), nullptr);
  put("d");
  EXPECT_NE(cache.get("a", 0), nullptr);
  EXPECT_EQ(cache.get("b", 0), nullptr);
  EXPECT_NE(cache.get("d", 0), nullptr);
  EXPECT_LE(cache.bytes(), 3000u);
}

TEST(Cache, KeepsNothingThatIsTooLargeOrOfAGenerationThatHasPassed) {
  Cache<Sized> cache(3000);
  cache.put("large", 0, std::make_shared<const Sized>(Sized{3000}));
  EXPECT_EQ(cache.get("large", 0), nullptr);
  EXPECT_EQ(cache.get("old", 1), nullptr);
  cache.put("old", 0, std::make_shared<const Sized>(Sized{10}));
  EXPECT_EQ(cache.get("old", 1), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace vesta::terminology
