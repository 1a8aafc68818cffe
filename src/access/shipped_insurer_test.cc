// What insurers see beside their members and claims: what supports the claims to them, and no more than that.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "access/shipped_policies_test_support.h"

namespace vesta::access {
namespace {

using testing::Ids;

class ShippedInsurerTest : public testing::ShippedPoliciesTest {
 protected:
  static std::string reference(const std::string& to) { return R"({"reference":")" + to + R"("})"; }

  // Of the member `n` of the insurer `n`: what the claim `n` refers to, and as much that no claim does.
  void put_record(const std::string& n) {
    const std::string patient = reference("Patient/p" + n);
    const std::string subject = R"(,"subject":)" + patient;
    const std::map<std::string, std::string> supports = {
        {"Observation", R"(,"status":"final","code":{"text":"c"})" + subject},
        {"DocumentReference", R"(,"status":"current","content":[{"attachment":{"title":"t"}}])" + subject},
        {"Condition", subject},
        {"Procedure", R"(,"status":"completed")" + subject},
        {"ServiceRequest", R"(,"status":"active","intent":"order")" + subject},
        {"MedicationRequest",
         R"(,"status":"active","intent":"order","medicationCodeableConcept":{"text":"m"})" + subject},
        {"VisionPrescription",
         R"(,"status":"active","created":"2020","dateWritten":"2020","prescriber":)" + reference("Practitioner/d") +
             R"(,"lensSpecification":[{"product":{"text":"l"},"eye":"left"}],"patient":)" + patient},
        {"Encounter", R"(,"status":"finished","class":{"code":"AMB"})" + subject},
        {"RelatedPerson", R"(,"patient":)" + patient}};
    for (const auto& [type_name, rest] : supports) {
      put_ok(type_name, "named" + n, rest);
      put_ok(type_name, "other" + n, rest);
    }
    for (const char* id : {"item", "detail", "sub", "procedure", "other"}) put_ok("Device", id + n, "");
  }
  void put_claim(const std::string& n, const std::string& status = "active") {
    const auto device = [&](const std::string& id) { return R"("udi":[)" + reference("Device/" + id + n) + "]"; };
    const std::string what = R"("sequence":1,"productOrService":{"text":"s"},)";
    const auto named = [&](const std::string& type_name) { return reference(type_name + "/named" + n); };
    put_ok("Claim", "c" + n,
           R"(,"status":")" + status + R"(","type":{"text":"t"},"use":"claim","created":"2020-01-01","patient":)" +
               reference("Patient/p" + n) + R"(,"insurer":)" + reference("Organization/i" + n) +
               R"(,"provider":{"reference":"Organization/o"},"priority":{"text":"p"},"insurance":[{"sequence":1,)" +
               R"("focal":true,"coverage":)" + reference("Coverage/v" + n) + R"(}],"supportingInfo":[{"sequence":1,)" +
               R"("category":{"text":"c"},"valueReference":)" + named("Observation") +
               R"(},{"sequence":2,"category":{"text":"c"},"valueString":"Condition/other"},{"sequence":3,)" +
               R"("category":{"text":"c"},"valueReference":)" + named("DocumentReference") +
               R"(}],"diagnosis":[{"sequence":1,"diagnosisReference":)" + named("Condition") +
               R"(}],"procedure":[{"sequence":1,"procedureReference":)" + named("Procedure") + "," +
               device("procedure") + R"(}],"prescription":)" + named("MedicationRequest") +
               R"(,"originalPrescription":)" + named("VisionPrescription") + R"(,"referral":)" +
               named("ServiceRequest") + R"(,"payee":{"type":{"text":"t"},"party":)" + named("RelatedPerson") +
               R"(},"item":[{)" + what + R"("encounter":[)" + named("Encounter") + "]," + device("item") +
               R"(,"detail":[{)" + what + device("detail") + R"(,"subDetail":[{)" + what + device("sub") + "}]}]}]");
  }
  void put_members() {
    put_world();
    for (const std::string n : {"1", "2"}) {
      put_ok("Organization", "i" + n, R"(,"name":"i")");
      put_ok("Coverage", "v" + n,
             R"(,"status":"active","beneficiary":)" + reference("Patient/p" + n) + R"(,"payor":[)" +
                 reference("Organization/i" + n) + "]");
      put_record(n);
      put_claim(n);
    }
  }
  const std::vector<std::string> types_ = {"Observation", "DocumentReference", "Condition",
                                           "Procedure",   "ServiceRequest",    "MedicationRequest",
                                           "Encounter",   "RelatedPerson",     "VisionPrescription"};
};
INSTANTIATE_TEST_SUITE_P(Engines, ShippedInsurerTest, ::testing::Values("memory", "sqlite"), testing::engine_name);

TEST_P(ShippedInsurerTest, SeesWhatClaimsToThemReferTo) {
  put_members();
  for (const std::string n : {"1", "2"}) {
    const Principal insurer = who("insurer", "Organization/i" + n);
    for (const std::string& type_name : types_) {
      EXPECT_EQ(seen(insurer, type_name), Ids{"named" + n}) << type_name;
      EXPECT_TRUE(reads(insurer, type_name, "named" + n)) << type_name;
      for (const std::string& hidden : {"other" + n, std::string(n == "1" ? "named2" : "named1")}) {
        EXPECT_FALSE(reads(insurer, type_name, hidden)) << type_name;
      }
      EXPECT_TRUE(is_forbidden(remove(as(insurer), type_name, "named" + n))) << type_name;
    }
    EXPECT_EQ(seen(insurer, "Device"), (Ids{"detail" + n, "item" + n, "procedure" + n, "sub" + n}));
  }
  for (const std::string& type_name : types_) {
    EXPECT_EQ(seen(who("insurer", "Organization/o"), type_name), Ids{}) << "whose claims these are not: " << type_name;
  }
}

TEST_P(ShippedInsurerTest, SeesItWhileTheClaimHolds) {
  put_members();
  const Principal insurer = who("insurer", "Organization/i1");
  for (const char* status : {"draft", "cancelled", "entered-in-error"}) {
    put_claim("1", status);
    for (const std::string& type_name : types_) EXPECT_EQ(seen(insurer, type_name), Ids{}) << status << type_name;
    EXPECT_EQ(seen(insurer, "Device"), Ids{}) << status;
    EXPECT_EQ(seen(insurer, "Claim"), Ids{"c1"}) << "which says so";
  }
  put_claim("1");
  for (const std::string& type_name : types_) EXPECT_EQ(seen(insurer, type_name), Ids{"named1"}) << type_name;
  ASSERT_TRUE(remove(as_system(), "Claim", "c1").ok());
  for (const std::string& type_name : types_) EXPECT_EQ(seen(insurer, type_name), Ids{}) << type_name;
}

TEST_P(ShippedInsurerTest, SeesWhoHoldsACoverage) {
  put_members();
  const Principal insurer = who("insurer", "Organization/i1");
  for (const std::string element : {"subscriber", "policyHolder"}) {
    put_ok("Coverage", "v1",
           R"(,"status":"active","beneficiary":)" + reference("Patient/p1") + R"(,"payor":[)" +
               reference("Organization/i1") + "],\"" + element + "\":" + reference("RelatedPerson/other1"));
    EXPECT_EQ(seen(insurer, "RelatedPerson"), (Ids{"named1", "other1"})) << element;
  }
}

TEST_P(ShippedInsurerTest, IsBoundByConsents) {
  put_members();
  const Principal insurer = who("insurer", "Organization/i1");
  put_ok("Consent", "c",
         R"(,"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
         R"("code":"patient-privacy"}]},"category":[{"text":"c"}],"patient":{"reference":"Patient/p1"},)"
         R"("provision":{"type":"deny","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason",)"
         R"("code":"HPAYMT"}]})");
  for (const std::string& type_name : types_) EXPECT_EQ(seen(insurer, type_name), Ids{}) << type_name;
}

}  // namespace
}  // namespace vesta::access
