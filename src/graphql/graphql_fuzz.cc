// Any bytes as a document with variables, run on resources of many types that refer to each other, in circles too: JSON
// or problems, in bounded time.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "graphql/limits.h"
#include "graphql/test_support.h"
#include "json/document.h"

namespace {

using namespace vesta;

// Beside the world of the tests: circles of references, within a type and through others, resources in resources, deep
// elements, and every form of a reference.
constexpr std::string_view kResources[] = {
    R"({"resourceType":"Patient","id":"a","link":[{"other":{"reference":"Patient/b"},"type":"seealso"}],)"
    R"("generalPractitioner":[{"reference":"Practitioner/d"},{"reference":"#c"}],"deceasedBoolean":false,)"
    R"("contained":[{"resourceType":"Practitioner","id":"c","name":[{"family":"C"}]}],)"
    R"("contact":[{"organization":{"reference":"Organization/o"},"gender":"female"}]})",
    R"({"resourceType":"Patient","id":"b","link":[{"other":{"reference":"Patient/a"},"type":"refer"},)"
    R"({"other":{"reference":"Patient/b"},"type":"seealso"}],"multipleBirthInteger":2})",
    R"({"resourceType":"Practitioner","id":"d","active":true,"name":[{"family":"Dee","_family":{"id":"x"}}]})",
    R"({"resourceType":"Organization","id":"o","partOf":{"reference":"Organization/p"},"name":"O"})",
    R"({"resourceType":"Organization","id":"p","partOf":{"reference":"Organization/o"},"alias":["P",null,"Q"],)"
    R"("_alias":[null,{"extension":[{"url":"urn:x","valueBoolean":true}]},null]})",
    R"({"resourceType":"Observation","id":"m","status":"final","code":{"text":"m"},)"
    R"("subject":{"reference":"Patient/a"},)"
    R"("hasMember":[{"reference":"Observation/n"},{"reference":"Observation/m"}],)"
    R"("component":[{"code":{"text":"c"},"valueQuantity":{"value":1.50,"code":"kg"}},)"
    R"({"code":{"text":"d"},"valueCodeableConcept":{"coding":[{"code":"x"},{"code":"y"}]}}]})",
    R"({"resourceType":"Observation","id":"n","status":"amended","code":{"text":"n"},)"
    R"("subject":{"reference":"Patient/b"},)"
    R"("derivedFrom":[{"reference":"Observation/m"}],"encounter":{"reference":"Encounter/e/_history/1"},)"
    R"("valueDateTime":"2020-02-29T10:00:00Z","note":[{"text":"t","authorReference":{"reference":"Patient/a"}}]})",
    R"({"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},)"
    R"("subject":{"reference":"Patient/a"},)"
    R"("partOf":{"reference":"Encounter/e"},"diagnosis":[{"condition":{"reference":"Condition/x"}}]})",
    R"({"resourceType":"Condition","id":"x","subject":{"reference":"Patient/a"},)"
    R"("encounter":{"reference":"Encounter/e"},)"
    R"("asserter":{"reference":"https://elsewhere.example/Practitioner/1"},"recorder":{"reference":"urn:uuid:0"},)"
    R"("stage":[{"assessment":[{"reference":"Observation/m"},{"reference":"#"}]}]})",
    R"({"resourceType":"Bundle","id":"u","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"i",)"
    R"("contained":[{"resourceType":"Group","id":"g","type":"person","actual":true}],)"
    R"("managingOrganization":{"reference":"#g"}}},{"resource":{"resourceType":"Bundle","type":"batch"}}]})",
    R"({"resourceType":"Questionnaire","id":"q","status":"draft","item":[{"linkId":"1","type":"group","item":[)"
    R"({"linkId":"2","type":"group","item":[{"linkId":"3","type":"string","enableWhen":[)"
    R"({"question":"1","operator":"=","answerReference":{"reference":"Questionnaire/q"}}]}]}]}]})",
};

class Clockwork : public Clock {
 public:
  Instant now() override { return Instant{1'600'000'000'000'000}; }
  std::chrono::steady_clock::time_point monotonic() override { return {}; }
};

class Services : public fhirpath::Services {
 public:
  explicit Services(graphql::Source& source) : source_(source) {}
  Result<const fhir::Node*> resolve(std::string_view reference, fhir::Arena& /*arena*/) override {
    const auto found = source_.resolve(reference);
    return found.ok() ? *found : nullptr;
  }
  Result<bool> is_member_of(const fhirpath::CodeInSystem& code, std::string_view /*value_set*/) override {
    return !code.code.empty();
  }

 private:
  graphql::Source& source_;
};

struct FuzzedWorld : graphql::testing::World {
  FuzzedWorld() : services(source) {
    roots = {nullptr, patient, observation};
    for (const std::string_view json : kResources) roots.push_back(source.add(std::string(json)));
  }
  std::vector<const fhir::Node*> roots;
  Clockwork clock;
  Services services;
};

void check(const graphql::Answer& answer) {
  CHECK(answer.problems.size() <= graphql::kMaxProblems);
  CHECK(!answer.data.empty() || !answer.problems.empty());
  for (const graphql::Problem& problem : answer.problems) {
    CHECK(!problem.message.empty());
    CHECK(!answer.has_run || !problem.locations.empty());
  }
  if (answer.data.empty() || answer.data.size() > 1 << 20) return;
  CHECK(json::parse_value(answer.data).ok());
}

}  // namespace

// A byte that picks the resource that is asked, the document, and behind a zero byte the variables.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto world = std::make_unique<FuzzedWorld>();
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t zero = input.find('\0');
  graphql::Request request;
  if (zero != std::string_view::npos) request.variables = input.substr(zero + 1);
  request.host = {&world->clock, &world->services};
  // Of the system, too: its fields are others.
  for (const fhir::Node* const root :
       {static_cast<const fhir::Node*>(nullptr), world->roots[data[0] % world->roots.size()]}) {
    request.root = root;
    check(graphql::testing::answer(input.substr(0, zero), request, world->source));
  }
  return 0;
}
