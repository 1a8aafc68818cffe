// What tells of somebody changes no answer to a researcher: two servers whose patients have other names, numbers,
// addresses and days of birth answer the same on every route and to every search.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ops/every_route_test_support.h"

namespace vesta::ops {
namespace {

using testing::reference;
using testing::Resource;
using testing::type_of;

// `word` and `digits` are in all that tells of somebody.
std::vector<Resource> record_of(const std::string& n, const std::string& word, const std::string& digits) {
  const std::string patient = R"({"reference":"Patient/p)" + n + R"(","display":")" + word + "\"}";
  const std::string narrative =
      R"("text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>)" + word + R"(</div>"})";
  const std::string name = R"("name":[{"family":")" + word + R"(","given":[")" + word + n + R"("]}])";
  const std::string telecom = R"("telecom":[{"system":"phone","value":"555-)" + digits + R"("}])";
  const std::string code =
      R"("code":{"coding":[{"system":"http://s","code":"c","display":")" + word + R"("}],"text":")" + word + "\"}";
  const std::string note = R"("note":[{"text":")" + word + "\"}]";
  return {
      {"Organization/i" + n, R"("name":")" + word + "\"," + telecom},
      {"Practitioner/d" + n, name + "," + telecom},
      {"Location/l" + n,
       R"("name":")" + word + R"(","position":{"longitude":)" + digits + R"(,"latitude":)" + digits + "}"},
      {"Patient/p" + n, narrative + "," + name + "," + telecom + R"(,"gender":"female","birthDate":"1980-01-)" +
                            digits + R"(","address":[{"line":[")" + word + R"("],"city":")" + word +
                            R"(","state":"MA","postalCode":"018)" + digits + R"("}],"generalPractitioner":[)" +
                            reference("Practitioner/d" + n) + "]"},
      {"Device/v" + n, R"("serialNumber":")" + word + R"(","patient":)" + patient},
      {"Encounter/e" + n, R"("status":"finished","class":{"code":"AMB"},"period":{"start":"2020-02-03"},"subject":)" +
                              patient + R"(,"location":[{"location":)" + reference("Location/l" + n) + "}]"},
      {"Observation/o" + n, R"("status":"final","effectiveDateTime":"2020-02-03","valueString":")" + word +
                                R"(","subject":)" + patient + "," + code + "," + note + R"(,"encounter":)" +
                                reference("Encounter/e" + n) + R"(,"performer":[)" + reference("Practitioner/d" + n) +
                                "]"},
      {"Condition/c" + n, narrative + R"(,"subject":)" + patient + "," + code + "," + note},
  };
}

class DeidentifiedDataTest : public ::testing::TestWithParam<const char*>, protected testing::EveryRoute {
 protected:
  DeidentifiedDataTest() : EveryRoute(GetParam()) {
    for (testing::TestServer* const server : {&full_, &poor_}) testing::set_pseudonym_key(*server);
    put_both({"ViewDefinition/w",
              R"("name":"w","status":"active","resource":"Patient","select":[{"column":[{"name":"id","path":"id"},)"
              R"({"name":"family","path":"name.family"},{"name":"born","path":"birthDate"}]}])"});
    put_both({"AccessPolicy/r",
              R"("name":"r","status":"active","rule":[{"resourceType":["Organization","Practitioner","Location",)"
              R"("Patient","Device","Encounter","Observation","Condition"],"interaction":["read","search"],)"
              R"("deidentified":true},{"resourceType":["ViewDefinition"],"interaction":["read","search"]}])"});
    for (const std::string n : {"1", "2"}) {
      const std::vector<Resource> full = record_of(n, "Secret", "1" + n), poor = record_of(n, "Other", "2" + n);
      for (std::size_t i = 0; i < full.size(); ++i) {
        put_both(full[i], poor[i]);
        types_.insert(type_of(full[i]));
        known_.push_back(full[i]);
        known_.push_back({testing::pseudonym_path(full_, full[i].path), {}});
      }
      patients_.push_back(testing::pseudonym_path(full_, "Patient/p" + n));
    }
    full_.grant = grant(full_);
    poor_.grant = grant(poor_);
  }

  static std::shared_ptr<const access::Grant> grant(testing::TestServer& server) {
    return testing::grant_of(server, {"app", {"r"}, {"user/*.cruds"}, "", ""});
  }
  std::string pseudonym(const std::string& id) { return (*full_.service.deidentifiers.get())->pseudonyms().of_id(id); }
  // Of both servers, without a word of what tells of somebody.
  void ask_quietly(const std::string& target) {
    ask(target);
    http::Response response = full_.get(target);
    ASSERT_TRUE(http::gather(response).ok());
    if (target.find("ecret") == std::string::npos) {
      EXPECT_EQ(response.body.find("ecret"), std::string::npos) << response.body;
    }
  }

  std::vector<Resource> known_;  // by their ids, and by their pseudonyms
};
INSTANTIATE_TEST_SUITE_P(Engines, DeidentifiedDataTest, ::testing::Values("memory", "sqlite", "postgres"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(DeidentifiedDataTest, Instances) {
  for (const Resource& each : known_) {
    instance(each);
    for (const char* behind : {"", "/$everything", "/_history", "/$deidentify"}) ask_quietly("/" + each.path + behind);
  }
  EXPECT_EQ(full_.get("/Patient/p1").status, 404);
  EXPECT_EQ(full_.get("/Patient/" + pseudonym("p1")).status, 200);
  for (const char* behind : {"/$everything", "/Observation", "/*"}) {
    const std::string body = full_.get("/Patient/" + pseudonym("p1") + behind).body;
    EXPECT_NE(body.find("/Observation/" + pseudonym("o1") + "\""), std::string::npos) << behind << body;
  }
  EXPECT_EQ(full_.get("/Patient/" + pseudonym("p1") + "/$deidentify").status, 403);
  EXPECT_EQ(full_.post("/$deidentify", R"({"resourceType":"Patient","id":"p1"})").status, 403);
}

TEST_P(DeidentifiedDataTest, Types) {
  for (const std::string& type : types_) {
    type_level(type);
    ask_quietly("/" + type);
    ask_quietly("/" + type + "?_summary=count");
    EXPECT_EQ(full_.get("/" + type + "?_summary=count").body.find("\"total\""), std::string::npos) << "two are few";
  }
  ask("/");
  ask("/_history");
  ask("/Observation/$lastn?patient=p1&code=c");
  ask_quietly("/Observation/$lastn?patient=" + pseudonym("p1") + "&code=c");
  EXPECT_EQ(full_.get("/Observation/$lastn?patient=" + pseudonym("p1") + "&code=c").status, 403) << "by dates";
  for (const char* by : {"start=2020-01-01", "end=2020-01-01", "_since=2020-01-01"}) {
    EXPECT_EQ(full_.get("/Patient/" + pseudonym("p1") + "/$everything?" + by).status, 403) << by;
  }
  ask_quietly("/ViewDefinition/w/$viewdefinition-run?_format=csv");
  EXPECT_NE(full_.get("/ViewDefinition/w/$viewdefinition-run?_format=csv").body.find(pseudonym("p1") + ",,1980"),
            std::string::npos);
  ask_quietly("/$graphql?query=" + http::percent_encode("{PatientList{id,name{family},birthDate,address{city}}}"));
  ask_quietly("/$graphql?query=" +
              http::percent_encode("{PatientConnection(_cursor:\"\"){count,edges{resource{id}}}}"));
  const std::string asked = "{Patient(id:\"" + pseudonym("p1") + "\"){id,name{family},generalPractitioner{reference}}}";
  ask_quietly("/$graphql?query=" + http::percent_encode(asked));
}

// Who is shown resources as they are may name in them whom they like.
TEST_P(DeidentifiedDataTest, OthersLearnNoPseudonymsOfResearchers) {
  full_.grant = access::Grant::everything();
  put(full_, {"AccessPolicy/a",
              R"("name":"a","status":"active","rule":[{"resourceType":["*"],"interaction":["read","search"]}])"});
  const auto made = [&](std::shared_ptr<const access::Grant> grant, const std::string& target, bool is_sent) {
    full_.grant = std::move(grant);
    const std::string body = R"({"resourceType":"Observation","status":"final","code":{"text":"x"},)"
                             R"("subject":{"reference":"Patient/p1"}})";
    const http::Response response = is_sent ? full_.post(target, body) : full_.get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    const std::size_t from = response.body.find("\"Patient/") + 9;
    return response.body.substr(from, response.body.find('"', from) - from);
  };
  const auto reader = testing::grant_of(full_, {"reader", {"a"}, {"user/*.cruds"}, "", ""});
  const auto other = testing::grant_of(full_, {"other", {"a"}, {"user/*.cruds"}, "", ""});
  const std::string sent = made(reader, "/$deidentify", true);
  EXPECT_NE(sent, pseudonym("p1"));
  EXPECT_EQ(made(reader, "/Observation/o1/$deidentify", false), sent) << "their own links hold";
  EXPECT_NE(made(other, "/$deidentify", true), sent);
  EXPECT_EQ(made(access::Grant::everything(), "/$deidentify", true), pseudonym("p1"));
}

TEST_P(DeidentifiedDataTest, ConditionalReadsGoByVersions) {
  const http::Response found = full_.get("/Patient/" + pseudonym("p1"));
  EXPECT_NE(found.body.find("-01-01T00:00:00"), std::string::npos) << found.body;
  const std::string time = *found.headers.find("Last-Modified");
  EXPECT_EQ(full_.get("/Patient/" + pseudonym("p1"), {{"If-Modified-Since", time}}).status, 200)
      << "all versions of a year have this time";
}

TEST_P(DeidentifiedDataTest, EverySearchParameter) {
  for (const std::string& type : types_) every_parameter(type);
}

TEST_P(DeidentifiedDataTest, ValuesThatOnlyOneOfThemHas) {
  for (const std::string& type : types_) {
    for (const char* value : {"Secret", "secret1", "555-11", "1980-01-11", "01811", "11", "ge1980-01-12"}) {
      for (const search::Parameter* const parameter :
           testing::registry().parameters_of(*fhir::r4().find_resource_type(type))) {
        if (parameter->definition == nullptr || parameter->facet != search::Facet::value) continue;
        const std::string code(parameter->code);
        ask("/" + type + "?" + code + "=" + value);
        ask("/" + type + "?" + code + "=" + value + "&_summary=count");
        if (parameter->kind == fhir::SearchParamType::token) ask("/" + type + "?" + code + ":text=" + value);
      }
    }
  }
  ask("/Location?near=11|11|1|km");
  ask("/Patient?_has:Observation:subject:code:text=Secret");
  ask("/Observation?subject:Patient.birthdate=1980-01-11");
  ask("/Patient?_filter=" + http::percent_encode("family eq Secret or birthdate eq 1980-01-11"));
  ask("/Observation?_filter=" + http::percent_encode("value-string co Secret"));
}

TEST_P(DeidentifiedDataTest, BatchesAndWrites) {
  for (const Resource& each : known_) {
    expect_same(http::Method::post, "/",
                R"({"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":")" + each.path +
                    R"("}},{"request":{"method":"GET","url":"Patient?name=Secret"}}]})");
    const std::string id = each.path.substr(each.path.find('/') + 1);
    const Resource bare{each.path, R"("active":true)"};
    if (type_of(each) == "Patient") {
      expect_same(http::Method::put, "/" + each.path, bare.text(), 403);
      expect_same(http::Method::post, "/Patient", bare.text(), 403);
    }
    expect_same(http::Method::delete_, "/" + each.path);
    expect_same(http::Method::delete_, "/" + type_of(each) + "?_id=" + id);
  }
  full_.grant = access::Grant::everything();
  EXPECT_EQ(full_.get("/Patient/p1").status, 200) << "nothing was written";
}

}  // namespace
}  // namespace vesta::ops
