// What a principal may not see changes nothing: each request is answered by a server that has it as by one that has
// not.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "ops/two_servers_test_support.h"
#include "search/compartment.h"

namespace vesta::ops {
namespace {

using access::Action;
using access::Grant;
using testing::Resource;

constexpr std::string_view kBase = "http://test/fhir";

// Sees the compartment of the patient, all practitioners and views; writes Observations about the patient.
std::shared_ptr<const Grant> grant_of_patient(const std::string& id) {
  auto grant = std::make_shared<Grant>("patient " + id);
  const search::Registry& registry = testing::registry();
  const fhir::TypeId patient = *fhir::r4().find_resource_type("Patient");
  const fhir::TypeId observation = *fhir::r4().find_resource_type("Observation");
  for (const fhir::TypeId type : search::types_of_compartment(fhir::r4(), patient)) {
    const auto plan = search::compartment_plan(registry, patient, id, type, kBase);
    CHECK(plan.ok());
    for (const Action action : {Action::read, Action::search, Action::count}) grant->of(action).add(type, *plan);
    if (type != observation) continue;
    for (const Action action : {Action::create, Action::update, Action::remove}) grant->of(action).add(type, *plan);
  }
  for (const char* name : {"Practitioner", "ViewDefinition"}) {
    const fhir::TypeId type = *fhir::r4().find_resource_type(name);
    for (const Action action : {Action::read, Action::search, Action::count})
      grant->of(action).add(type, search::Plan::make_all());
  }
  return grant;
}

const Resource kSeen[] = {
    {"Practitioner/d", R"("name":[{"family":"Doctor"}])"},
    {"Patient/p1", R"("name":[{"family":"Smith","given":["Ann"]}],"birthDate":"1980-01-01",)"
                   R"("generalPractitioner":[{"reference":"Practitioner/d"}])"},
    {"Observation/o1", R"("status":"final","code":{"coding":[{"system":"s","code":"c"}]},)"
                       R"("subject":{"reference":"Patient/p1"},"valueQuantity":{"value":7})"},
    {"Observation/o2", R"("status":"final","code":{"coding":[{"system":"s","code":"c"}]},"effectiveDateTime":"2020",)"
                       R"("subject":{"reference":"Patient/p1"},"hasMember":[{"reference":"Observation/o1"}])"},
    {"ViewDefinition/v", R"("name":"v","status":"active","resource":"Observation",)"
                         R"("select":[{"column":[{"name":"id","path":"id"}]}])"},
};
// The other patient's, and what is nobody's.
const Resource kHidden[] = {
    {"Patient/p2", R"("name":[{"family":"Smith","given":["Bob"]}],"birthDate":"1980-01-01",)"
                   R"("generalPractitioner":[{"reference":"Practitioner/d"}])"},
    {"Observation/x1", R"("status":"final","code":{"coding":[{"system":"s","code":"c"}]},)"
                       R"("subject":{"reference":"Patient/p2"},"hasMember":[{"reference":"Observation/o1"}])"},
    {"Encounter/x2", R"("status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/p2"},)"
                     R"("participant":[{"individual":{"reference":"Practitioner/d"}}])"},
    {"Organization/x3", R"("name":"Clinic")"},
    {"Group/x4", R"("type":"person","actual":true,"member":[{"entity":{"reference":"Patient/p2"}}])"},
    {"Group/p1", R"("type":"person","actual":true)"},
};

class HiddenDataTest : public ::testing::TestWithParam<const char*>, protected testing::TwoServers {
 protected:
  HiddenDataTest() : TwoServers(GetParam()) {
    for (const Resource& resource : kSeen) put_both(resource);
    for (const Resource& resource : kHidden) put(full_, resource);
    put_both(kSeen[2]);  // a second version, which has the hidden ones before it
    put(full_, kHidden[1]);
    full_.grant = poor_.grant = grant_of_patient("p1");
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, HiddenDataTest, ::testing::Values("memory", "sqlite", "postgres"),
                         [](const auto& each) { return std::string(each.param); });

// Neither a set of codes that is hidden, nor one that is not there, nor what is below a code of a hidden system.
TEST_P(HiddenDataTest, CodesOfHiddenTerminologyAreNotThere) {
  const auto grant = std::exchange(full_.grant, Grant::everything());
  put(full_, {"CodeSystem/cs", R"("url":"s","status":"active","content":"complete","concept":[)"
                               R"({"code":"above","concept":[{"code":"c"}]}])"});
  put(full_, {"ValueSet/vs", R"("url":"http://a.b/vs","status":"active","compose":{"include":[)"
                             R"({"system":"s","concept":[{"code":"c"}]}]})"});
  full_.grant = grant;
  for (const std::string criterion :
       {"code:in=ValueSet/vs", "code:in=http://a.b/vs", "code:not-in=ValueSet/vs", "code:below=s|above",
        "code:above=s|c", "code:in=http://hl7.org/fhir/ValueSet/observation-status",
        "status:in=http://hl7.org/fhir/ValueSet/observation-status"}) {
    expect_same(http::Method::get, "/Observation?" + criterion);
    expect_same(http::Method::get, "/Patient?_has:Observation:patient:" + criterion);
  }
  EXPECT_EQ(full_.get("/Observation?code:in=ValueSet/vs").status, 400);
  EXPECT_TRUE(testing::contains(
      full_.get("/Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status&_summary=count").body,
      "\"total\":2"));
  full_.grant = Grant::everything();
  EXPECT_TRUE(testing::contains(full_.get("/Observation?code:in=ValueSet/vs&_summary=count").body, "\"total\":3"));
}

// A visit of p1 (e1) is a part of one of p2 (x5), which is a part of one of p1 (e0).
TEST_P(HiddenDataTest, HierarchiesLeadNotOverWhatIsHidden) {
  const auto grant = std::exchange(full_.grant, Grant::everything());
  poor_.grant = full_.grant;
  const auto visit = [](const char* path, const char* patient, const std::string& part_of) {
    return Resource{path, R"("status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/)" +
                              std::string(patient) + "\"}" +
                              (part_of.empty() ? "" : R"(,"partOf":{"reference":"Encounter/)" + part_of + "\"}")};
  };
  put_both(visit("Encounter/e0", "p1", ""));
  put(full_, visit("Encounter/x5", "p2", "e0"));
  put_both(visit("Encounter/e1", "p1", "x5"));
  put_both(visit("Encounter/e2", "p1", "e0"));
  for (const char* id : {"e0", "e1", "e2"}) {
    put_both({"Observation/of-" + std::string(id),
              R"("status":"final","code":{"text":"c"},"subject":{"reference":"Patient/p1"},"encounter":)"
              R"({"reference":"Encounter/)" +
                  std::string(id) + "\"}"});
  }
  full_.grant = poor_.grant = grant;
  expect_same("/Observation?encounter:below=Encounter/e0");
  const std::string below = full_.get("/Observation?encounter:below=Encounter/e0").body;
  EXPECT_NE(below.find("of-e2"), std::string::npos) << below;
  EXPECT_EQ(below.find("of-e1"), std::string::npos) << below;
  expect_same("/Observation?encounter:below=Encounter/x5");
  expect_same("/Observation?encounter:above=Encounter/e1");
  expect_same("/Encounter?part-of:below=Encounter/e0");
  expect_same("/Encounter?_id=e1&part-of:above=Encounter/e0");
}

TEST_P(HiddenDataTest, Reads) {
  expect_same("/Patient/p1");
  expect_same("/Observation/o1/_history/1");
  expect_same("/Observation/o1/_history");
  expect_same("/Observation/o1/_history?_count=1");
  for (const Resource& hidden : kHidden) {
    const std::string path = "/" + hidden.path;
    expect_same(path, 404);
    expect_same(path + "/_history", 404);
    expect_same(path + "/_history/1", 404);
  }
}

TEST_P(HiddenDataTest, HistoriesOfMany) {
  expect_same("/Observation/_history", 403);
  expect_same("/Organization/_history", 403);
  expect_same("/_history", 403);
  expect_same("/Practitioner/_history");
}

TEST_P(HiddenDataTest, Searches) {
  for (const char* target : {"/Patient",
                             "/Observation",
                             "/Organization",
                             "/Encounter",
                             "/Patient?name=smith",
                             "/Patient?name=bob",
                             "/Patient?_id=p2",
                             "/Patient?birthdate=1980",
                             "/Patient?birthdate:missing=false",
                             "/Patient?gender:not=male",
                             "/Observation?code=s|c&_sort=-date",
                             "/Observation?code=c&_summary=count",
                             "/Observation?_total=accurate&_count=1",
                             "/Observation?_total=estimate",
                             "/Observation?subject=Patient/p2",
                             "/Observation?subject=p1",
                             "/Observation?patient=p1&_count=1",
                             "/Observation?_sort=_lastUpdated&_count=1",
                             "/Patient?_sort=family,-birthdate",
                             "/Patient?_content=bob",
                             "/Patient?_filter=name%20eq%20bob",
                             "/Patient?_elements=name",
                             "/Patient?_summary=true"}) {
    expect_same(target);
  }
  expect_same("/?_type=Patient,Observation,Organization&_count=1");
  expect_same("/?_lastUpdated=gt2000");
  expect_same("/Patient/p1/Observation");
  expect_same("/Patient/p1/*");
  expect_same("/Patient/p2/Observation");
  expect_same("/Patient/p2/*");
  expect_same("/Practitioner/d/*");
}

TEST_P(HiddenDataTest, StepsToOtherResources) {
  for (const char* target :
       {"/Observation?patient.name=bob", "/Observation?patient.name=smith",
        "/Observation?subject:Patient.birthdate=1980", "/Patient?_has:Observation:patient:code=c",
        "/Patient?_has:Observation:patient:_id=x1", "/Practitioner?_has:Patient:general-practitioner:given=bob",
        "/Practitioner?_has:Encounter:participant:status=planned", "/Observation?has-member.code=c",
        "/Observation?_has:Observation:has-member:_id=x1", "/Patient?organization.name=clinic",
        "/Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:code=c"}) {
    expect_same(target);
  }
}

TEST_P(HiddenDataTest, Includes) {
  for (const char* target :
       {"/Observation?_include=Observation:patient", "/Observation?_include=*",
        "/Patient?_revinclude=Observation:patient", "/Practitioner?_revinclude=Patient:general-practitioner",
        "/Practitioner?_revinclude=*",
        "/Practitioner?_revinclude=Patient:general-practitioner&_revinclude:iterate=Observation:patient",
        "/Observation?_id=o1&_revinclude=Observation:has-member",
        "/Observation?_id=o2&_include:iterate=Observation:has-member"}) {
    expect_same(target);
  }
}

TEST_P(HiddenDataTest, WhatCannotBeAsked) {
  expect_same("/Patient?_contained=true", 200);
  expect_same("/Patient?_contained=true&_containedType=contained", 403);
  const http::Response explained = full_.get("/Patient", {{"Prefer", "explain"}});
  EXPECT_EQ(explained.status, 403);
}

TEST_P(HiddenDataTest, LinksOfOthers) {
  const http::Response page = full_.get("/Observation?_count=1");
  const std::string next = testing::value_after(page.body, R"("relation":"next","url":")");
  ASSERT_FALSE(next.empty());
  EXPECT_EQ(full_.get(next).status, 200);
  full_.grant = grant_of_patient("p2");
  EXPECT_EQ(full_.get(next).status, 400);
  full_.grant = Grant::everything();
  EXPECT_EQ(full_.get(next).status, 400);
}

TEST_P(HiddenDataTest, Operations) {
  expect_same("/Patient/p1/$everything");
  expect_same("/Patient/p2/$everything", 404);
  expect_same("/Patient/$everything");
  expect_same("/Observation/$lastn?code=c&patient=p2&max=3");
  expect_same("/Observation/$lastn?code=c&patient=p1");
  expect_same("/ViewDefinition/v/$viewdefinition-run");
  const std::string views = R"({"resourceType":"Parameters","parameter":[{"name":"viewReference",)"
                            R"("valueReference":{"reference":"ViewDefinition/v"}},{"name":"patient",)"
                            R"("valueReference":{"reference":"Patient/p2"}}]})";
  expect_same(http::Method::post, "/ViewDefinition/$viewdefinition-run", views);
  expect_same("/$graphql?query=%7BPatientList%7Bid%7D%7D");
  expect_same("/$graphql?query=%7BPatient(id:p2)%7Bid%7D%7D");
  expect_same("/$graphql?query=%7BPractitioner(id:d)%7BPatientList(_reference:general_practitioner)%7Bid%7D%7D%7D");
  const std::string resolve =
      R"({"resourceType":"Parameters","parameter":[{"name":"expression","valueString":)"
      R"("subject.resolve().name.given"},{"name":"resource","resource":{"resourceType":)"
      R"("Observation","status":"final","code":{"text":"c"},"subject":{"reference":"Patient/p2"}}}]})";
  expect_same(http::Method::post, "/$fhirpath", resolve, 200);
}

TEST_P(HiddenDataTest, Batches) {
  expect_same(http::Method::post, "/",
              R"({"resourceType":"Bundle","type":"batch","entry":[)"
              R"({"request":{"method":"GET","url":"Patient/p2"}},)"
              R"({"request":{"method":"GET","url":"Patient?name=smith"}},)"
              R"({"request":{"method":"GET","url":"Observation?patient.name=bob"}}]})",
              200);
}

std::string observation_of(const std::string& patient, const std::string& id = {}) {
  return R"({"resourceType":"Observation",)" + (id.empty() ? "" : R"("id":")" + id + "\",") +
         R"("status":"final","code":{"coding":[{"code":"new"}]},"subject":{"reference":"Patient/)" + patient + "\"}}";
}

TEST_P(HiddenDataTest, Writes) {
  using http::Method;
  expect_same(Method::post, "/Observation", observation_of("p2"), 403);
  expect_same(Method::post, "/Patient", R"({"resourceType":"Patient"})", 403);
  expect_same(Method::put, "/Observation/x1", observation_of("p1", "x1"), 403);
  expect_same(Method::put, "/Observation/nowhere", observation_of("p1", "nowhere"), 403);
  expect_same(Method::put, "/Observation/o1", observation_of("p2", "o1"), 403);
  expect_same(Method::put, "/Patient/p2", R"({"resourceType":"Patient","id":"p2"})", 403);
  expect_same(Method::put, "/Observation?code=c&_id=x1", observation_of("p1", "x1"), 403);
  expect_same(Method::delete_, "/Observation/x1", {}, 204);
  expect_same(Method::delete_, "/Observation?_id=x1", {}, 204);
  expect_same(Method::put, "/Observation/o1", observation_of("p1", "o1"), 200);
  expect_same(Method::delete_, "/Observation/o1", {}, 204);
  expect_same("/Observation/o1", 410);
  full_.grant = Grant::everything();
  EXPECT_EQ(full_.get("/Observation/x1").headers.get("ETag"), "W/\"2\"") << "nothing has changed";
}

TEST_P(HiddenDataTest, ConditionalWrites) {
  using http::Method;
  const http::Response found =
      full_.send(Method::post, "/Observation", observation_of("p1"), {{"If-None-Exist", "_id=x1"}});
  EXPECT_EQ(found.status, 201) << "what is hidden is no match: " << found.body;
  EXPECT_EQ(full_.send(Method::post, "/Observation", observation_of("p1"), {{"If-None-Exist", "_id=o2"}}).status, 200);
  expect_same(Method::post, "/",
              R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" + observation_of("p1") +
                  R"(,"request":{"method":"POST","url":"Observation","ifNoneExist":"patient=p2"}},)"
                  R"({"resource":{"resourceType":"Observation","status":"final","code":{"text":"t"},)"
                  R"("subject":{"reference":"Patient?name=smith"}},)"
                  R"("request":{"method":"POST","url":"Observation"}}]})");
}

}  // namespace
}  // namespace vesta::ops
