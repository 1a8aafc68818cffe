// Tests of chains, _has, lists, filters and compartments from their text to the resources that they find, by the
// matcher.
#include "search/links.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "search/compartment.h"
#include "search/matcher.h"
#include "search/query_test_support.h"

namespace vesta::search {
namespace {

using testing::registry;
using testing::type;

// A few resources that refer to each other.
class World : public Surroundings {
 public:
  World() {
    add("Organization", "o1", R"("name": "Acme")");
    add("Organization", "o2", R"("name": "Ward", "partOf": {"reference": "Organization/o1"})");
    add("Patient", "p1", R"("gender": "male", "name": [{"family": "Smith"}],
        "managingOrganization": {"reference": "Organization/o2"})");
    add("Patient", "p2", R"("gender": "female", "name": [{"family": "Smithson"}],
        "link": [{"other": {"reference": "Patient/p1"}, "type": "seealso"}])");
    add("Group", "g1", R"("type": "person", "actual": true, "member": [{"entity": {"reference": "Patient/p2"}}])");
    add("Observation", "a", R"("status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "1"}]},
        "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-01-01")");
    add("Observation", "b", R"("status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "2"}]},
        "subject": {"reference": "Patient/p2"}, "performer": [{"reference": "Patient/p1"}])");
    add("Observation", "c", R"("status": "amended", "code": {"text": "none"}, "subject": {"reference": "Group/g1"},
        "hasMember": [{"reference": "Observation/a"}])");
    add("List", "l1", R"("status": "current", "mode": "working", "entry": [{"item": {"reference": "Patient/p2"}},
        {"item": {"reference": "Observation/a"}}])");
    add("Encounter", "e1", R"("status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": "http://test/fhir/Patient/p1/_history/4"})");
    add("Encounter", "e2", R"("status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": "http://other/fhir/Patient/p1"})");
    add("Questionnaire", "q1", R"("status": "retired", "url": "http://e/q", "version": "1")");
    add("Questionnaire", "q2", R"("status": "active", "url": "http://e/q", "version": "2")");
    add("QuestionnaireResponse", "r1", R"("status": "completed", "questionnaire": "http://e/q|1#x")");
    add("QuestionnaireResponse", "r2", R"("status": "completed", "questionnaire": "http://e/q")");
    add("QuestionnaireResponse", "r3", R"("status": "completed", "questionnaire": "http://e/q|3")");
  }

  const Subject* find(fhir::TypeId wanted, std::string_view id) const override {
    for (const Subject& subject : subjects_) {
      if (subject.type == wanted && subject.id == id) return &subject;
    }
    return nullptr;
  }
  void each(fhir::TypeId wanted, const std::function<bool(const Subject&)>& visit) const override {
    for (const Subject& subject : subjects_) {
      if (subject.type == wanted && !visit(subject)) return;
    }
  }

  const Registry& registry() const override { return testing::registry(); }
  std::string_view base_url() const override { return "http://test/fhir"; }

  // The ids that match, in the order of their making.
  std::string ids(std::string_view wanted, const Plan& plan) const {
    std::string found;
    each(type(wanted), [&](const Subject& subject) {
      if (matches(plan, subject, this)) found += (found.empty() ? "" : " ") + std::string(subject.id);
      return true;
    });
    return found;
  }
  std::string search(std::string_view wanted, const std::string& query) const {
    const auto parsed = testing::parse(type(wanted), query);
    return parsed.ok() ? ids(wanted, parsed->queries.front().plan) : "error: " + parsed.error().message;
  }
  std::string filter(std::string_view wanted, std::string_view text) const {
    return search(wanted, "_filter=" + http::percent_encode(text));
  }

 private:
  void add(const char* name, const char* id, const std::string& rest) {
    resources_.push_back(std::make_unique<testing::Extracted>(std::string("{\"resourceType\": \"") + name +
                                                              "\", \"id\": \"" + id + "\", " + rest + "}"));
    CHECK(!resources_.back()->error);
    subjects_.push_back({type(name), id, Instant{0}, &resources_.back()->values});
  }

  std::vector<std::unique_ptr<testing::Extracted>> resources_;
  std::vector<Subject> subjects_;
};

TEST(Links, ChainsFind) {
  const World world;
  EXPECT_EQ(world.search("Observation", "patient.name=smith"), "a b");
  EXPECT_EQ(world.search("Observation", "patient.name:exact=Smith"), "a");
  EXPECT_EQ(world.search("Observation", "subject.name=smith"), "a b");
  EXPECT_EQ(world.search("Observation", "subject:Group.type=person"), "c");
  EXPECT_EQ(world.search("Observation", "patient.organization.partof.name=acme"), "a");
  EXPECT_EQ(world.search("Observation", "patient.gender:not=male"), "b");
  EXPECT_EQ(world.search("Observation", "patient.organization:missing=true"), "b");
  EXPECT_EQ(world.search("Observation", "patient.name=smith&patient.gender=female"), "b");
  EXPECT_EQ(world.search("Observation", "has-member.code=http://loinc.org|1"), "c");
  EXPECT_EQ(world.search("Observation", "patient._id=p2,p9"), "b");
  EXPECT_EQ(world.search("Observation", "patient._list=l1"), "b");
}

TEST(Links, FollowAbsoluteUrlsOfTheServer) {
  const World world;
  EXPECT_EQ(world.search("Encounter", "subject:Patient.name=smith"), "e1");
  EXPECT_EQ(world.search("Patient", "_has:Encounter:subject:status=finished"), "p1");
  const auto named = [](std::string_view base_url, std::string_view uri) {
    const auto own = own_resource(fhir::r4(), base_url, uri);
    return own ? absolute_url(fhir::r4(), base_url, own->type, own->id) : "none";
  };
  EXPECT_EQ(named("http://test/fhir", "http://test/fhir/Patient/1"), "http://test/fhir/Patient/1");
  for (const char* uri :
       {"http://test/fhir/Patient/1/_history/2", "http://test/fhir/Patient/", "http://test/fhir/Patient",
        "http://test/fhirPatient/1", "http://test/fhir/Nothing/1", "http://test/fhir//Patient/1",
        "http://test/fhir/Patient/a_b", "http://test/other/Patient/1", "http://test/fhir", ""}) {
    EXPECT_EQ(named("http://test/fhir", uri), "none") << uri;
  }
  EXPECT_EQ(named("", "/Patient/1"), "none") << "without a base nothing is our own";
}

TEST(Links, FollowCanonicals) {
  const World world;
  EXPECT_EQ(world.search("QuestionnaireResponse", "questionnaire.status=retired"), "r1 r2");
  EXPECT_EQ(world.search("QuestionnaireResponse", "questionnaire.version=2"), "r2");
  EXPECT_EQ(world.search("QuestionnaireResponse", "questionnaire._id:not=q1"), "r2");
  EXPECT_EQ(world.search("Questionnaire", "_has:QuestionnaireResponse:questionnaire:_id=r1"), "q1");
  EXPECT_EQ(world.search("Questionnaire", "_has:QuestionnaireResponse:questionnaire:_id=r2"), "q1 q2");
  EXPECT_EQ(world.search("Questionnaire", "_has:QuestionnaireResponse:questionnaire:_id=r3"), "");
}

TEST(Links, HasFinds) {
  const World world;
  EXPECT_EQ(world.search("Patient", "_has:Observation:patient:code=http://loinc.org|1"), "p1");
  EXPECT_EQ(world.search("Patient", "_has:Observation:performer:code=http://loinc.org|2"), "p1");
  EXPECT_EQ(world.search("Patient", "_has:Observation:patient:_has:Observation:has-member:status=amended"), "p1");
  EXPECT_EQ(world.search("Patient", "_has:Observation:patient:performer:Patient.gender=male"), "p2");
  EXPECT_EQ(world.search("Observation", "patient._has:Group:member:_id=g1"), "b");
  EXPECT_EQ(world.search("Patient", "_list=l1"), "p2");
  EXPECT_EQ(world.search("Observation", "_list=l1,l2"), "a");
}

TEST(Links, FiltersFind) {
  const World world;
  EXPECT_EQ(world.filter("Patient", "name eq smith"), "p1");
  EXPECT_EQ(world.filter("Patient", "name ew SON"), "p2");
  EXPECT_EQ(world.filter("Patient", "name ne smith"), "p2");
  EXPECT_EQ(world.filter("Patient", "not (gender eq male) or organization pr true"), "p1 p2");
  EXPECT_EQ(world.filter("Observation", "patient[gender eq male].name co mit"), "a");
  EXPECT_EQ(world.filter("Observation", "code eq loinc|2 or date po 2020"), "a b");
  EXPECT_EQ(world.filter("Patient", "_has:Observation:patient:code eq loinc|2"), "p2");
}

TEST(Links, CompartmentsHold) {
  const World world;
  const auto in = [&](const char* compartment, const char* id, const char* wanted) {
    return world.ids(wanted, *compartment_plan(registry(), type(compartment), id, type(wanted)));
  };
  EXPECT_EQ(in("Patient", "p1", "Observation"), "a b");
  EXPECT_EQ(in("Patient", "p2", "Observation"), "b");
  EXPECT_EQ(in("Patient", "p1", "Patient"), "p1 p2");
  EXPECT_EQ(in("Patient", "p2", "Group"), "g1");
}

}  // namespace
}  // namespace vesta::search
