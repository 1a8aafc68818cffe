// The shipped roles, who has them, and what there is of two patients.
#pragma once

#include <ostream>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "access/shipped_policies.h"
#include "ops/two_servers_test_support.h"

namespace vesta::ops::testing {

// Who asks: a role, and who they are in the record. Of each role two, with one patient each.
struct Role {
  const char* policy;
  const char* user;

  friend std::ostream& operator<<(std::ostream& out, const Role& role) {
    return out << role.policy << ' ' << role.user;
  }
};
inline constexpr Role kRoles[] = {
    {"patient", "Patient/p1"},         {"patient", "Patient/p2"},       {"patient", "RelatedPerson/r1"},
    {"patient", "RelatedPerson/r2"},   {"provider", "Practitioner/d1"}, {"provider", "Practitioner/d2"},
    {"insurer", "Organization/i1"},    {"insurer", "Organization/i2"},  {"researcher", ""},
    {"researcher", "Practitioner/d1"}, {"researcher-counts", ""},       {"administrator", ""},
    {"nothing", "Patient/p1"}};

inline const std::vector<std::string> kScopes = {"user/*.cruds", "user/AccessPolicy.cruds", "user/Client.cruds",
                                                 "user/User.cruds", "user/Session.cruds"};

// What there is of one patient; `n` is theirs.
inline std::vector<Resource> record_of(const std::string& n) {
  const std::string patient = reference("Patient/p" + n), doctor = reference("Practitioner/d" + n);
  const std::string insurer = reference("Organization/i" + n), encounter = reference("Encounter/e" + n);
  const std::string coverage = reference("Coverage/v" + n);
  const std::string claim = R"("status":"active","type":{"text":"t"},"use":"claim","created":"2020-01-01","patient":)" +
                            patient + R"(,"insurer":)" + insurer;
  const std::string insurance = R"("insurance":[{"sequence":1,"focal":true,"coverage":)" + coverage + "}]";
  const std::string code = R"("code":{"coding":[{"system":"http://s","code":"c"}],"text":"Smith"})";
  return {
      {"Organization/i" + n, R"("name":"Insurer )" + n + "\""},
      {"Practitioner/d" + n, R"("name":[{"family":"Doctor"}])"},
      {"Patient/p" + n, R"("name":[{"family":"Smith","given":["Given)" + n + R"("]}],"birthDate":"1980-01-0)" + n +
                            R"(","identifier":[{"system":"http://n","value":")" + n +
                            R"("}],"telecom":[{"value":"555-0)" + n +
                            R"("}],"address":[{"city":"Smithtown","state":"MA"}],"text":{"status":"generated","div":)"
                            R"("<div xmlns='http://www.w3.org/1999/xhtml'>Smith</div>"})"},
      {"RelatedPerson/r" + n, R"("patient":)" + patient},
      {"Encounter/e" + n, R"("status":"finished","class":{"code":"AMB"},"period":{"start":"2020"},"subject":)" +
                              patient + R"(,"participant":[{"individual":)" + doctor + "}]"},
      {"Observation/o" + n, R"("status":"final","effectiveDateTime":"2020","valueQuantity":{"value":7},"subject":)" +
                                patient + "," + code + R"(,"encounter":)" + encounter + R"(,"performer":[)" + doctor +
                                "]"},
      {"Condition/c" + n, R"("subject":)" + patient + "," + code + R"(,"recorder":)" + doctor},
      {"Coverage/v" + n, R"("status":"active","beneficiary":)" + patient + R"(,"payor":[)" + insurer + "]"},
      {"Claim/m" + n, claim + R"(,"provider":)" + doctor + R"(,"priority":{"text":"p"},)" + insurance +
                          R"(,"diagnosis":[{"sequence":1,"diagnosisReference":)" + reference("Condition/c" + n) +
                          R"(}],"item":[{"sequence":1,"productOrService":{"text":"s"},"encounter":[)" + encounter +
                          "]}]"},
      {"ExplanationOfBenefit/b" + n, claim + R"(,"provider":)" + doctor +
                                         R"(,"outcome":"complete","insurance":[{"focal":true,"coverage":)" + coverage +
                                         "}]"},
      {"List/l" + n, R"("status":"current","mode":"working","subject":)" + patient + R"(,"entry":[{"item":)" +
                         reference("Observation/o" + n) + "}]"},
      {"QuestionnaireResponse/q" + n, R"("status":"completed","author":)" + patient + R"(,"subject":)" + patient},
  };
}

// The resource as it would be if it were of somebody else.
inline Resource of_another(const Resource& resource) {
  const std::pair<std::regex, const char*> changes[] = {
      {std::regex("Smith"), "Jones"}, {std::regex("Given"), "Other"},     {std::regex("Doctor"), "Healer"},
      {std::regex("555-0"), "555-1"}, {std::regex("Insurer "), "Payer "}, {std::regex("1980-01-0"), "1980-01-1"}};
  Resource made = resource;
  for (const auto& [what, instead] : changes) made.rest = std::regex_replace(made.rest, what, instead);
  return made;
}

// What there is, in the order in which it comes to be.
inline std::vector<Resource> world() {
  std::vector<Resource> all;
  for (const access::ShippedPolicy& policy : access::shipped_policies()) {
    const std::string id(policy.id);
    const std::string mark = "\"id\": \"" + id + "\",";
    const std::size_t at = policy.text.find(mark) + mark.size();
    all.push_back({"AccessPolicy/" + id, std::string(policy.text.substr(at, policy.text.rfind('}') - at))});
  }
  all.push_back({"AccessPolicy/nothing", R"("name":"nothing","status":"active")"});
  all.push_back({"Client/app", R"("name":"app","status":"active")"});
  all.push_back({"User/u", R"("name":"u","status":"active")"});
  all.push_back({"ValueSet/s", R"("status":"active")"});
  all.push_back({"ViewDefinition/w", R"("name":"w","status":"active","resource":"Observation",)"
                                     R"("select":[{"column":[{"name":"id","path":"id"}]}])"});
  for (const char* n : {"1", "2"}) {
    for (Resource& each : record_of(n)) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace vesta::ops::testing
