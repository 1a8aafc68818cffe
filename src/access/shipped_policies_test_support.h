// For the tests of the shipped policies: a small world, and who sees it by one of them.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "access/policy_test_support.h"
#include "access/shipped_policies.h"

namespace vesta::access::testing {

class ShippedPoliciesTest : public GrantsEngineTest {
 protected:
  // The policies; the practitioner d; p1 to p4, of whom d is the general practitioner of the first, meets the second,
  // and is in the care team of the third; an observation of each; a definition and an organization.
  void put_world() {
    for (const ShippedPolicy& policy : shipped_policies()) {
      const std::string id(policy.id);
      const std::size_t behind_id = policy.text.find(',', policy.text.find("\"id\": \"" + id + "\""));
      ASSERT_NE(behind_id, std::string_view::npos) << id;
      const std::string_view rest = policy.text.substr(behind_id, policy.text.rfind('}') - behind_id);
      put_ok("AccessPolicy", id, std::string(rest));
    }
    put_ok("Practitioner", "d", "");
    const std::string practitioner = R"({"reference":"Practitioner/d"})";
    put_ok("Patient", "p1", R"(,"generalPractitioner":[)" + practitioner + "]");
    for (const char* id : {"p2", "p3", "p4"}) put_ok("Patient", id, "");
    put_ok("Encounter", "e2",
           R"(,"status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/p2"},"participant":[)"
           R"({"individual":)" +
               practitioner + "}]");
    put_ok("CareTeam", "t3",
           R"(,"subject":{"reference":"Patient/p3"},"participant":[{"member":)" + practitioner + "}]");
    for (const std::string patient : {"p1", "p2", "p3", "p4"}) put_ok("Observation", "of-" + patient, about(patient));
    put_ok("ValueSet", "v", R"(,"status":"active")");
    put_ok("Organization", "o", R"(,"name":"o")");
    put_ok("Client", "c", R"(,"name":"c","status":"active")");
  }
  static std::string about(const std::string& patient) {
    return R"(,"status":"final","code":{"text":"c"},"subject":{"reference":"Patient/)" + patient + "\"}";
  }
  static std::string answers(const std::string& author, const std::string& subject) {
    return R"(,"status":"completed","author":{"reference":")" + author + R"("},"subject":{"reference":")" + subject +
           "\"}";
  }
  static std::string event_about(const std::string& what) {
    return R"(,"type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],)"
           R"("source":{"observer":{"display":"s"}},"entity":[{"what":{"reference":")" +
           what + "\"}}]";
  }
  static Principal who(const std::string& policy, const std::string& fhir_user = "", const std::string& patient = "") {
    return {"c",
            {policy},
            {"user/*.cruds", "user/AccessPolicy.cruds", "user/Client.cruds", "user/EmergencyAccess.cruds",
             "user/AuditEvent.cruds"},
            fhir_user,
            patient};
  }
};

}  // namespace vesta::access::testing
