// A patient's Consent over every route and search parameter: from its commit on, those whom it denies are answered as
// by a server that never had the patient's record.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "access/shipped_policies.h"
#include "ops/every_route_test_support.h"

namespace vesta::ops {
namespace {

using testing::reference;
using testing::Resource;
using testing::type_of;

// Of a patient in the care of the one practitioner; `n` is theirs.
std::vector<Resource> in_care(const std::string& n) {
  const std::string subject = R"("subject":)" + reference("Patient/p" + n);
  const std::string code = R"("code":{"coding":[{"system":"http://s","code":"c"}]})";
  return {
      {"Patient/p" + n, R"("name":[{"family":"Smith","given":["Given)" + n + R"("]}],"generalPractitioner":[)" +
                            reference("Practitioner/d") + "]"},
      {"Encounter/e" + n, R"("status":"finished","class":{"code":"AMB"},"period":{"start":"2020"},)" + subject +
                              R"(,"participant":[{"individual":)" + reference("Practitioner/d") + "}]"},
      {"Observation/o" + n, R"("status":"final","effectiveDateTime":"2020","valueQuantity":{"value":7},)" + subject +
                                "," + code + R"(,"encounter":)" + reference("Encounter/e" + n) + R"(,"performer":[)" +
                                reference("Practitioner/d") + "]"},
  };
}

Resource consent(const std::string& n, const std::string& says) {
  return {"Consent/c" + n,
          R"("status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
          R"("code":"patient-privacy"}]},"category":[{"text":"c"}],"patient":)" +
              reference("Patient/p" + n) + "," + says};
}

class ConsentsTest : public ::testing::TestWithParam<const char*>, protected testing::EveryRoute {
 protected:
  ConsentsTest()
      : EveryRoute(GetParam()),
        records_(*full_.store, fhir::r4()),
        grants_(*full_.store, testing::registry(), full_.clock, full_.service.base_url, records_, nullptr, nullptr) {
    for (const access::ShippedPolicy& policy : access::shipped_policies()) {
      const std::string mark = "\"id\": \"" + std::string(policy.id) + "\",";
      const std::size_t at = policy.text.find(mark) + mark.size();
      put_both(
          {"AccessPolicy/" + std::string(policy.id), std::string(policy.text.substr(at, policy.text.rfind('}') - at))});
    }
    put_both({"Practitioner/d", R"("name":[{"family":"Doctor"}])"});
    for (const Resource& each : in_care("1")) put_both(each);
    for (const Resource& each : in_care("2")) put(full_, each);
    types_ = {"Consent", "Encounter", "Observation", "Patient", "Practitioner"};
    full_.grant = admitted();
    poor_.grant = testing::grant_of(poor_, kProvider);
  }

  // As a server admits each request.
  std::shared_ptr<const access::Grant> admitted() {
    auto made = grants_.of(kProvider);
    CHECK(made.ok());
    return *made;
  }
  // By somebody who may; then the practitioner asks again.
  void commit(const Resource& resource) {
    full_.grant = access::Grant::everything();
    put(full_, resource);
    full_.grant = admitted();
  }
  void commit_to_both(const Resource& resource) {
    full_.grant = poor_.grant = access::Grant::everything();
    put_both(resource);
    full_.grant = admitted();
    poor_.grant = testing::grant_of(poor_, kProvider);
  }
  int status(const std::string& path) { return full_.get("/" + path).status; }

  const access::Principal kProvider{"app", {"provider"}, {"user/*.cruds"}, "Practitioner/d", ""};
  access::Records records_;
  access::Grants grants_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ConsentsTest, ::testing::Values("memory", "sqlite", "postgres"),
                         [](const auto& each) { return std::string(each.param); });

const std::string kOptsOut = R"("policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode",)"
                             R"("code":"OPTOUT"}]})";

TEST_P(ConsentsTest, AnOptOutChangesEveryAnswerWithItsCommit) {
  EXPECT_EQ(status("Patient/p2"), 200);
  EXPECT_EQ(status("Observation/o2"), 200);
  commit(consent("2", kOptsOut));
  for (const char* n : {"1", "2"}) {
    for (const Resource& each : in_care(n)) instance(each);
  }
  instance(consent("2", kOptsOut));
  for (const std::string& type : types_) type_level(type);
  for (const std::string& type : types_) every_parameter(type);
  ask("/?_lastUpdated=gt2000&_count=2");
  ask("/Observation/$lastn?patient=p2&code=c");
  ask("/$graphql?query=" +
      http::percent_encode("{PatientList(name:\"smith\"){id ObservationList(_reference:subject){id}}}"));
  for (const Resource& each : in_care("2")) {
    expect_same(http::Method::post, "/",
                R"({"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":")" + each.path +
                    R"("}}]})");
    expect_same(http::Method::put, "/" + each.path, each.text());
    expect_same(http::Method::delete_, "/" + each.path);
  }
  Resource ended = consent("2", kOptsOut);
  ended.rest.replace(ended.rest.find("active"), 6, "inactive");
  commit(ended);
  EXPECT_EQ(status("Patient/p2"), 200);
}

// What is labelled so is not there; the rest of the record is.
TEST_P(ConsentsTest, ALabelIsDenied) {
  const std::string restricted =
      R"("meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},)";
  const Resource labelled{"Observation/x1", restricted + in_care("1")[2].rest};
  commit(labelled);
  EXPECT_EQ(status(labelled.path), 200);
  commit(consent("2", kOptsOut));
  commit_to_both(consent("1", R"("provision":{"type":"deny","securityLabel":[{"system":)"
                              R"("http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]})"));
  EXPECT_EQ(status("Observation/o1"), 200);
  instance(labelled);
  for (const Resource& each : in_care("1")) instance(each);
  for (const std::string& type : types_) type_level(type);
  for (const char* target :
       {"/Encounter?_revinclude=Observation:encounter", "/Patient?_has:Observation:patient:_security=R",
        "/Observation?_security:not=R", "/Observation?_security=R"}) {
    ask(target);
  }
}

}  // namespace
}  // namespace vesta::ops
