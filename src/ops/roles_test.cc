// The shipped policies over every route and every search parameter: what a role may not see changes no answer. What
// is asked is held against the tables of what is offered: a route, method or operation that is new is asked as well, or
// the test fails. Of a researcher that is what the policy does not grant, and in what it grants all that tells of
// somebody: names, addresses, telephones, days of birth, texts. Ids and numbers of identifiers are the same on both
// servers: they are seen, as pseudonyms. How many resources there are is the same too, as a researcher may list what is
// granted; to one who may only count the two records are too few to be told, and nothing of them is on the other
// server.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "access/records.h"
#include "base/check.h"
#include "json/tokens.h"
#include "ops/asked_test_support.h"
#include "ops/custom_parameters.h"
#include "ops/every_route_test_support.h"
#include "ops/index_jobs.h"
#include "ops/operations.h"
#include "ops/roles_world_test_support.h"
#include "search/random_resource.h"

namespace vesta::ops {
namespace {

using http::Method;
using testing::Resource;
using testing::Role;
using testing::type_of;

// What a server indexes in the background, by steps.
class Indexing {
 public:
  explicit Indexing(testing::TestServer& server)
      : parameters_(testing::shared_registry(), *server.store),
        jobs_(testing::shared_registry(), *server.store, parameters_, server.clock, server.random) {
    server.service.parameters = &parameters_;
    server.service.index_jobs = &jobs_;
    CHECK(jobs_.load().ok());
  }
  void run() {
    constexpr int kMaxSteps = 10'000;
    for (int i = 0; i < kMaxSteps; ++i) {
      const auto stepped = jobs_.step();
      CHECK(stepped.ok());
      if (*stepped == IndexJobs::Step::idle) return;
    }
    FAIL() << "it does not end";
  }

 private:
  CustomParameters parameters_;
  IndexJobs jobs_;
};

// What an operation is asked with.
struct Arguments {
  std::string query = {};
  std::vector<std::string> bodies = {};  // resources
};

std::string quoted(const std::string& text) {
  std::string out;
  json::append_string(text, out);
  return out;
}

std::string parameters(const std::string& each) {
  return R"({"resourceType":"Parameters","parameter":[)" + each + "]}";
}

// About `each`. Nothing for an operation that is not known here: the test fails.
std::optional<Arguments> arguments_of(const Operation& operation, Operation::Level level, const Resource& each) {
  const std::string name(operation.name);
  const bool is_instance = level == Operation::instance;
  if (name == "deidentify") return Arguments{{}, {each.text()}};
  if (name == "reindex") return Arguments{{}, {R"({"resourceType":"Parameters"})"}};
  if (name == "everything") return Arguments{"_since=2000", {parameters(R"({"name":"_count","valueInteger":3})")}};
  if (name == "fhirpath") {
    const std::string about = R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"subject":)" +
                              testing::reference(each.path) + "}";
    return Arguments{{},
                     {parameters(R"({"name":"expression","valueString":)" +
                                 quoted("subject.resolve().name.given | subject.resolve().count()") +
                                 R"(},{"name":"resource","resource":)" + about + "}")}};
  }
  if (name == "graphql") {
    const std::string document =
        is_instance ? "{id,language}"
                    : "{" + type_of(each) + "(id:\"" + each.path.substr(each.path.find('/') + 1) + "\"){id,language}}";
    return Arguments{"query=" + http::percent_encode(document),
                     {parameters(R"({"name":"query","valueString":)" + quoted(document) + "}")}};
  }
  if (name == "lastn") {
    return Arguments{
        "patient=" + each.path + "&code=c&max=2",
        {parameters(R"({"name":"patient","valueString":")" + each.path + R"("},{"name":"code","valueString":"c"})")}};
  }
  if (name == "index-status") {
    return Arguments{"job=" + each.path, {parameters(R"({"name":"job","valueString":"none"})")}};
  }
  if (name == "viewdefinition-run") {
    const std::string view =
        is_instance ? "" : R"({"name":"viewReference","valueReference":{"reference":"ViewDefinition/w"}},)";
    const std::string of_patient = R"({"name":"patient","valueReference":{"reference":")" + each.path + "\"}}";
    return Arguments{
        std::string(is_instance ? "" : "viewReference=ViewDefinition/w&") + "_format=csv&patient=" + each.path,
        {parameters(view + of_patient), parameters(view + R"({"name":"resource","resource":)" + each.text() + "}")}};
  }
  return std::nullopt;
}

class Roles : protected testing::EveryRoute {
 protected:
  Roles(const std::string& engine, const Role& role) : EveryRoute(engine, 15), role_(role), world_(testing::world()) {
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
    return testing::grant_of(server, {"app", {role_.policy}, testing::kScopes, role_.user, ""});
  }

  void instances() {
    for (const Resource& each : known_) {
      instance(each);
      const std::string path = "/" + each.path;
      for (const char* name : {"If-None-Match", "If-Modified-Since"}) {
        const std::string value = name == std::string("If-None-Match") ? "W/\"1\"" : "Thu, 01 Jan 2026 12:00:00 GMT";
        expect_same({Method::get, path, {}, {{name, value}}});
      }
    }
  }

  void types() {
    for (const std::string& type : types_) {
      type_level(type);
      for (const char* preference : {"explain", "handling=lenient"}) {
        expect_same({Method::get, "/" + type + "?nothing=1", {}, {{"Prefer", preference}}});
      }
      expect_same({Method::options, "/" + type});
    }
    for (const char* path : {"/", "/_history", "/?_lastUpdated=gt2000&_count=2", "/?_type=Patient,Observation&_count=1",
                             "/Observation?_include:iterate=Observation:encounter", "/metadata"}) {
      ask(path);
    }
    for (const Resource& each : known_) {
      if (type_of(each) == "List") ask("/Observation?_list=" + each.path.substr(each.path.find('/') + 1));
    }
  }

  // By every method at every place, and in every format.
  void operations() {
    for (const Resource& each : known_) {
      for (const Operation& operation : offered_operations()) {
        for (const Operation::Level level : testing::kLevels) {
          if ((operation.levels & level) != 0) run(operation, level, each);
        }
      }
    }
    ask("/$index-status");
  }
  void run(const Operation& operation, Operation::Level level, const Resource& each) {
    const auto arguments = arguments_of(operation, level, each);
    ASSERT_TRUE(arguments) << operation.name << " is asked nothing";
    std::string path;
    if (level == Operation::instance) {
      const bool is_view = operation.name == "viewdefinition-run";  // there is one, of which each may be the subject
      if (!is_view && !operation.type.empty() && operation.type != type_of(each)) return;
      path = is_view ? "/ViewDefinition/w" : "/" + each.path;
    } else if (level == Operation::on_type) {
      path = "/" + (operation.type.empty() ? type_of(each) : std::string(operation.type));
    }
    path += "/$" + std::string(operation.name);
    std::string all = path + " " + arguments->query;
    for (const std::string& body : arguments->bodies) all += " " + body;
    if (!asked_.insert(all).second) return;  // nothing of the one resource is in it
    if (!operation.affects_state) ask(path + (arguments->query.empty() ? "" : "?" + arguments->query));
    for (const char* form : {"application/fhir+json", testing::kXml}) {
      expect_same({Method::post, path, {}, {{"Accept", form}}});
    }
    for (const std::string& body : arguments->bodies) tell(Method::post, path, body);
    if (operation.body == BodyKind::graphql) graphql(path, arguments->query);
    if (operation.affects_state && instead_ == nullptr) {
      for (Indexing& indexing : indexing_) indexing.run();
    }
  }
  void graphql(const std::string& path, const std::string& query) {
    const std::string document = *http::percent_decode(query.substr(query.find('=') + 1));
    expect_same({Method::post, path, document, {{"Content-Type", "application/graphql"}}});
    expect_same({Method::post,
                 path,
                 R"({"query":)" + quoted(document) + "}",
                 {{"Content-Type", "application/json"}, {"Accept", testing::kXml}}});
  }

  void every_search_parameter() {
    for (const std::string& type : types_) every_parameter(type);
  }

  // Of a researcher's two servers each value is on one alone.
  void values() {
    for (const std::string& type : types_) {
      for (const char* by :
           {"name", "family", "phone", "birthdate", "address-city", "_text", "_content", "code:text"}) {
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

  static std::string id_of(const Resource& each) { return each.path.substr(each.path.find('/') + 1); }
  static std::string query_of(const Resource& each) { return type_of(each) + "?_id=" + id_of(each); }
  static std::string bundle(const std::string& type, const std::vector<std::string>& entries) {
    std::string text = R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)";
    for (const std::string& entry : entries) text += (text.back() == '[' ? "{" : ",{") + entry + "}";
    return text + "]}";
  }
  static std::string request(const std::string& method, const std::string& url, const std::string& more = {}) {
    return R"("request":{"method":")" + method + R"(","url":")" + url + "\"" + more + "}";
  }

  void batches_and_conditions() {
    for (const Resource& each : known_) {
      tell(Method::post, "/",
           bundle("batch", {request("GET", each.path), request("GET", query_of(each)), request("HEAD", each.path),
                            request("GET", each.path + "/_history"), request("GET", each.path + "/_history/1"),
                            request("GET", each.path, R"(,"ifNoneMatch":"W/\"1\"")")}));
      tell(Method::post, "/",
           bundle("transaction",
                  {R"("resource":{"resourceType":"QuestionnaireResponse","status":"completed","author":)" +
                   testing::reference(query_of(each)) + "}," +
                   request("POST", "QuestionnaireResponse", R"(,"ifNoneExist":"author=)" + each.path + "\"")}));
    }
  }

  // Those whom a link was given to see what they see; others nothing.
  void links_of_others() {
    std::size_t links = 0;
    for (const std::string& type : types_) {
      const auto grant = std::exchange(full_.grant, access::Grant::everything());
      const std::string page = full_.get("/" + type + "?_count=1").body;
      full_.grant = grant;
      const std::string next = testing::value_after(page, R"("relation":"next","url":")");
      if (next.empty()) continue;
      ++links;
      EXPECT_EQ(full_.get(next).status, 400) << type;
    }
    EXPECT_GT(links, 0U);
  }

  // Last what changes something; then all is looked at once more.
  void writes() {
    for (const Resource& each : known_) {
      if (type_of(each) == access::kAccessPolicy) continue;  // they say who may do what
      updates(each);
      patches(each, "/" + each.path);
      patches(each, "/" + query_of(each));
      creations(each);
      deletions(each);
    }
    for (const Resource& each : known_) instance(each);
    for (const std::string& type : types_) ask("/" + type + "?_summary=count");
  }
  void updates(const Resource& each) {
    const std::string path = "/" + each.path;
    for (const char* version : {"W/\"1\"", "W/\"7\"", "*"}) {
      expect_same({Method::put, path, each.text(), {{"If-Match", version}}});
      expect_same({Method::put, path, each.text(), {{"If-None-Match", version}}});
    }
    tell(Method::put, path, each.text());
    tell(Method::put, "/" + query_of(each), each.text());
    for (const char* type : {"batch", "transaction"}) {
      tell(Method::post, "/", bundle(type, {R"("resource":)" + each.text() + "," + request("PUT", each.path)}));
    }
  }
  void patches(const Resource& each, const std::string& target) {
    const std::string fhirpath = parameters(
        R"({"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":")" +
        type_of(each) + R"(.language"},{"name":"value","valueCode":"fr"}]})");
    const std::string xml = "<diff xmlns:f=\"http://hl7.org/fhir\"><replace sel=\"f:" + type_of(each) +
                            "/f:language/@value\">de</replace></diff>";
    const std::string json = R"([{"op":"add","path":"/language","value":"en"}])";
    expect_same({Method::patch, target, json, {{"Content-Type", std::string(kJsonPatch)}}});
    expect_same({Method::patch, target, xml, {{"Content-Type", std::string(kXmlPatch)}, {"Accept", testing::kXml}}});
    tell(Method::patch, target, fhirpath);
    const std::string entry = R"("resource":)" + fhirpath + "," + request("PATCH", target.substr(1));
    for (const char* type : {"batch", "transaction"}) tell(Method::post, "/", bundle(type, {entry}));
    expect_same({Method::patch, target, json, {{"Content-Type", std::string(kJsonPatch)}, {"If-Match", "W/\"1\""}}});
  }
  void creations(const Resource& each) {
    const std::string path = "/" + type_of(each);
    tell(Method::post, path, each.text());
    expect_same({Method::post, path, each.text(), {{"If-None-Exist", "_id=" + id_of(each)}}});
    expect_same({Method::post, path, each.text(), {{"Prefer", "return=OperationOutcome"}}});
    tell(Method::post, "/",
         bundle("transaction", {R"("resource":)" + each.text() + "," +
                                request("POST", type_of(each), R"(,"ifNoneExist":"_id=)" + id_of(each) + "\"")}));
  }
  void deletions(const Resource& each) {
    const std::string path = "/" + each.path;
    expect_same({Method::delete_, path, {}, {{"If-Match", "W/\"1\""}}});
    for (const std::string& target : {"/" + query_of(each), path}) {
      expect_same({Method::delete_, target, {}, {{"Prefer", "return=OperationOutcome"}}});
      expect_same({Method::delete_, target, {}, {{"Accept", testing::kXml}}});
      for (const char* type : {"batch", "transaction"}) {
        tell(Method::post, "/", bundle(type, {request("DELETE", target.substr(1))}));
      }
    }
  }

  // What is offered and asked by none of all these.
  std::vector<std::string> not_asked() {
    testing::Asked asked;
    instead_ = [&asked](const testing::Ask& ask) { asked.note(ask); };
    instances();
    types();
    operations();
    every_search_parameter();
    values();
    batches_and_conditions();
    links_of_others();
    writes();
    return asked.missing();
  }

  const Role role_;
  const std::vector<Resource> world_;
  bool is_researcher_ = false;
  std::vector<Resource> known_;  // as the world names them, and as researchers do
  std::vector<Resource> seen_, hidden_;
  std::set<std::string> asked_;  // of operations
  Indexing indexing_[2] = {Indexing(full_), Indexing(poor_)};
};

using EngineAndRole = std::tuple<const char*, Role>;

std::string name_of(const ::testing::TestParamInfo<EngineAndRole>& info) {
  const Role& role = std::get<1>(info.param);
  std::string name = std::string(std::get<0>(info.param)) + "_" + role.policy + "_" + role.user;
  std::ranges::replace_if(name, [](char c) { return c == '/' || c == '-'; }, '_');
  return name;
}

class RolesTest : public ::testing::TestWithParam<EngineAndRole>, protected Roles {
 protected:
  RolesTest() : Roles(std::get<0>(GetParam()), std::get<1>(GetParam())) {}
};
INSTANTIATE_TEST_SUITE_P(Everybody, RolesTest,
                         ::testing::Combine(::testing::Values("memory", "sqlite", "postgres"),
                                            ::testing::ValuesIn(testing::kRoles)),
                         name_of);

// Researchers know resources by other names, and are asked by these as well; all others are asked the same.
TEST(Roles, AreAskedAllThatIsOffered) {
  for (const Role& role : {Role{"patient", "Patient/p1"}, Role{"researcher", ""}}) {
    class OfOne : public Roles {
     public:
      explicit OfOne(const Role& role) : Roles("memory", role) {}
      using Roles::not_asked;
    };
    EXPECT_EQ(OfOne(role).not_asked(), std::vector<std::string>()) << role;
  }
}

TEST_P(RolesTest, SeeSomethingAndNotEverything) {
  EXPECT_FALSE(hidden_.empty());
  EXPECT_EQ(seen_.empty(), role_.policy == std::string("nothing"));
}

TEST_P(RolesTest, Instances) {
  instances();
}
TEST_P(RolesTest, Types) {
  types();
}
TEST_P(RolesTest, Operations) {
  operations();
}
TEST_P(RolesTest, EverySearchParameter) {
  every_search_parameter();
}
TEST_P(RolesTest, ValuesThatTellOfSomebody) {
  values();
}
TEST_P(RolesTest, BatchesAndConditions) {
  batches_and_conditions();
}
TEST_P(RolesTest, LinksOfOthers) {
  links_of_others();
}
TEST_P(RolesTest, Writes) {
  writes();
}

}  // namespace
}  // namespace vesta::ops
