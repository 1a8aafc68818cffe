// The shipped policies over every route and every search parameter: what a role may not see changes no answer. Of a
// researcher that is what the policy does not grant, and in what it grants all that tells of somebody: names,
// addresses, telephones, days of birth, texts. Ids and numbers of identifiers are the same on both servers: they are
// seen, as pseudonyms. How many resources there are is the same too, as a researcher may list what is granted; to one
// who may only count the two records are too few to be told, and nothing of them is on the other server.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "access/records.h"
#include "access/shipped_policies.h"
#include "ops/every_route_test_support.h"

namespace vesta::ops {
namespace {

using testing::reference;
using testing::Resource;
using testing::type_of;

// Who asks: a role, and who they are in the record. Of each role two, with one patient each.
struct Role {
  const char* policy;
  const char* user;

  friend std::ostream& operator<<(std::ostream& out, const Role& role) {
    return out << role.policy << ' ' << role.user;
  }
};
constexpr Role kRoles[] = {
    {"patient", "Patient/p1"},         {"patient", "Patient/p2"},       {"patient", "RelatedPerson/r1"},
    {"patient", "RelatedPerson/r2"},   {"provider", "Practitioner/d1"}, {"provider", "Practitioner/d2"},
    {"insurer", "Organization/i1"},    {"insurer", "Organization/i2"},  {"researcher", ""},
    {"researcher", "Practitioner/d1"}, {"researcher-counts", ""},       {"administrator", ""},
    {"nothing", "Patient/p1"}};

const std::vector<std::string> kScopes = {"user/*.cruds", "user/AccessPolicy.cruds", "user/Client.cruds",
                                          "user/User.cruds", "user/Session.cruds"};

// What there is of one patient; `n` is theirs.
std::vector<Resource> record_of(const std::string& n) {
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
      {"QuestionnaireResponse/q" + n, R"("status":"completed","author":)" + patient + R"(,"subject":)" + patient},
  };
}

// The resource as it would be if it were of somebody else.
Resource of_another(const Resource& resource) {
  const std::pair<std::regex, const char*> changes[] = {
      {std::regex("Smith"), "Jones"}, {std::regex("Given"), "Other"},     {std::regex("Doctor"), "Healer"},
      {std::regex("555-0"), "555-1"}, {std::regex("Insurer "), "Payer "}, {std::regex("1980-01-0"), "1980-01-1"}};
  Resource made = resource;
  for (const auto& [what, instead] : changes) made.rest = std::regex_replace(made.rest, what, instead);
  return made;
}

// What there is, in the order in which it comes to be.
std::vector<Resource> world() {
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

class RolesTest : public ::testing::TestWithParam<std::tuple<const char*, Role>>, protected testing::EveryRoute {
 protected:
  RolesTest() : EveryRoute(std::get<0>(GetParam())), role_(std::get<1>(GetParam())), world_(world()) {
    testing::TestServer all;
    for (testing::TestServer* const server : {&all, &full_, &poor_}) testing::set_pseudonym_key(*server);
    for (const Resource& each : world_) put(all, each);
    all.grant = grant(all);
    is_researcher_ = all.grant->deidentification() != nullptr;
    for (const Resource& each : world_) {
      types_.insert(type_of(each));
      known_.push_back(each);
      const Resource shown{testing::pseudonym_path(all, each.path), each.rest};
      if (is_researcher_) known_.push_back(shown);
      const bool is_deidentified = is_researcher_ && all.get("/" + shown.path).status == 200;
      const bool is_seen = is_deidentified || all.get("/" + each.path).status == 200;
      (is_seen ? seen_ : hidden_).push_back(each);
      if (is_deidentified) {
        put_both(each, of_another(each));
      } else if (is_seen || type_of(each) == access::kAccessPolicy) {
        put_both(each, each);
      } else {
        put(full_, each);
      }
    }
    if (is_researcher_) {
      for (const char* patient : {"Patient/p1", "Patient/p2"}) {
        patients_.push_back(testing::pseudonym_path(all, patient));
      }
    }
    full_.grant = grant(full_);
    poor_.grant = grant(poor_);
  }

  std::shared_ptr<const access::Grant> grant(testing::TestServer& server) const {
    return testing::grant_of(server, {"app", {role_.policy}, kScopes, role_.user, ""});
  }

  const Role role_;
  const std::vector<Resource> world_;
  bool is_researcher_ = false;
  std::vector<Resource> known_;  // as the world names them, and as researchers do
  std::vector<Resource> seen_, hidden_;
};

std::string name_of(const ::testing::TestParamInfo<std::tuple<const char*, Role>>& info) {
  const Role& role = std::get<1>(info.param);
  std::string name = std::string(std::get<0>(info.param)) + "_" + role.policy + "_" + role.user;
  std::ranges::replace_if(name, [](char c) { return c == '/' || c == '-'; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Everybody, RolesTest,
                         ::testing::Combine(::testing::Values("memory", "sqlite"), ::testing::ValuesIn(kRoles)),
                         name_of);

TEST_P(RolesTest, SeeSomethingAndNotEverything) {
  EXPECT_FALSE(hidden_.empty());
  EXPECT_EQ(seen_.empty(), role_.policy == std::string("nothing"));
}

TEST_P(RolesTest, Instances) {
  for (const Resource& each : known_) instance(each);
}

TEST_P(RolesTest, Types) {
  for (const std::string& type : types_) type_level(type);
  ask("/");
  ask("/_history");
  ask("/?_lastUpdated=gt2000&_count=2");
  ask("/ViewDefinition/w/$viewdefinition-run");
  for (const std::string& patient : patients_) ask("/Observation/$lastn?patient=" + patient + "&code=c");
}

TEST_P(RolesTest, EverySearchParameter) {
  for (const std::string& type : types_) every_parameter(type);
}

// Of a researcher's two servers each value is on one alone.
TEST_P(RolesTest, ValuesThatTellOfSomebody) {
  for (const std::string& type : types_) {
    for (const char* by : {"name", "family", "phone", "birthdate", "address-city", "_text", "_content", "code:text"}) {
      for (const char* value :
           {"Smith", "Doctor", "Insurer%201", "555-01", "1980-01-01", "ge1980-01-05", "Smithtown"}) {
        ask("/" + type + "?" + by + "=" + value);
        ask("/" + type + "?" + by + "=" + value + "&_summary=count");
      }
    }
  }
  ask("/Observation?subject:Patient.name=Smith");
  ask("/Encounter?participant:Practitioner.name=Doctor&_summary=count");
  ask("/Practitioner?_has:Encounter:participant:subject:Patient.birthdate=1980-01-02");
  ask("/Patient?_filter=" + http::percent_encode("family eq Smith or birthdate eq 1980-01-01"));
}

TEST_P(RolesTest, BatchesAndConditions) {
  for (const Resource& each : known_) {
    const std::string query = type_of(each) + "?_id=" + each.path.substr(each.path.find('/') + 1);
    expect_same(http::Method::post, "/",
                R"({"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":")" + each.path +
                    R"("}},{"request":{"method":"GET","url":")" + query + R"("}}]})");
    const std::string transaction =
        R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)"
        R"({"resourceType":"QuestionnaireResponse","status":"completed","author":{"reference":")" +
        query + R"("}},"request":{"method":"POST","url":"QuestionnaireResponse","ifNoneExist":"author=)" + each.path +
        R"("}}]})";
    expect_same(http::Method::post, "/", transaction);
  }
}

// Last what changes something; then all is looked at once more.
TEST_P(RolesTest, Writes) {
  for (const Resource& each : known_) {
    if (type_of(each) == access::kAccessPolicy) continue;  // they say who may do what
    const std::string id = each.path.substr(each.path.find('/') + 1);
    expect_same(http::Method::put, "/" + each.path, each.text());
    expect_same(http::Method::put, "/" + type_of(each) + "?_id=" + id, each.text());
    expect_same(http::Method::post, "/" + type_of(each), each.text());
    expect_same(http::Method::delete_, "/" + type_of(each) + "?_id=" + id);
    expect_same(http::Method::delete_, "/" + each.path);
  }
  for (const Resource& each : known_) ask("/" + each.path);
  for (const std::string& type : types_) ask("/" + type + "?_summary=count");
}

}  // namespace
}  // namespace vesta::ops
