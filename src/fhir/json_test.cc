// The JSON codec: what is read is written back equal, and what is wrong has a path.
#include "fhir/json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fhir/envelope.h"
#include "fhir/r4_names.h"

namespace vesta::fhir {
namespace {

std::string rewrite(const std::string& text, const JsonWriteOptions& options = {}) {
  JsonReader reader(r4());
  Arena arena;
  auto root = reader.read(text, arena);
  if (!root.ok()) return "error: " + root.error().message;
  std::string out;
  write_json(r4(), **root, options, out);
  return out;
}

// "path: message" of the first issue.
std::string first_issue(const std::string& text) {
  JsonReader reader(r4());
  Arena arena;
  auto root = reader.read(text, arena);
  if (root.ok()) return "no issue";
  EXPECT_EQ(root.error().category, Category::invalid);
  if (root.error().issues.empty()) return "no issues: " + root.error().message;
  const Issue& issue = root.error().issues.front();
  return issue.expression + ": " + issue.diagnostics;
}

TEST(Json, WritesBackWhatItReads) {
  for (const std::string text : {
           R"({"resourceType":"Patient"})",
           R"({"resourceType":"Patient","id":"a","active":true,"birthDate":"1970-01"})",
           R"({"resourceType":"Patient","name":[{"family":"Ö","given":["A","B"]},{"text":"x\n\"y\\"}]})",
           R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}})",
           R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":-1E+2}})",
           R"({"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"i"}})",
           R"({"resourceType":"Patient","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]}})",
           R"({"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"id":"i"}]}]})",
           R"({"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b","code":{"text":"t"}}]})",
           R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","id":"1"}}]})",
       }) {
    EXPECT_EQ(rewrite(text), text);
  }
}

TEST(Json, APartNeedsNoMandatoryElements) {
  JsonReader reader(r4());
  Arena arena;
  const std::string part = R"({"resourceType":"Observation","id":"a"})";
  EXPECT_FALSE(reader.read(part, arena).ok());
  EXPECT_TRUE(reader.read(part, part.capacity(), arena, {.completeness = Completeness::part}).ok());
  const std::string wrong = R"({"resourceType":"Observation","idd":"a"})";
  EXPECT_FALSE(reader.read(wrong, wrong.capacity(), arena, {.completeness = Completeness::part}).ok());
}

TEST(Json, TheDepthIsTheCallersChoice) {
  JsonReader reader(r4());
  Arena arena;
  const std::string text = R"({"resourceType":"Patient","name":[{"text":"a"}]})";
  EXPECT_TRUE(reader.read(text, text.capacity(), arena, {.max_depth = 3}).ok());
  EXPECT_FALSE(reader.read(text, text.capacity(), arena, {.max_depth = 2}).ok());
}

TEST(Json, PairsValuesAndExtensionsInAnyOrder) {
  EXPECT_EQ(rewrite(R"({"_birthDate":{"id":"i"},"active":true,"birthDate":"1970","resourceType":"Patient"})"),
            R"({"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"i"},"active":true})");
  EXPECT_EQ(rewrite(R"({"resourceType":"Patient","name":[{"given":["A"],"use":"usual","_given":[null,{"id":"i"}]}]})"),
            R"({"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"id":"i"}],"use":"usual"}]})");
  EXPECT_EQ(rewrite(R"({"resourceType":"Patient","name":[{"_given":[{"id":"i"}],"given":["A","B"]}]})"),
            R"({"resourceType":"Patient","name":[{"given":["A","B"],"_given":[{"id":"i"},null]}]})");
}

TEST(Json, NamesThePlaceOfEachIssue) {
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","nam":[]})"), "Patient.nam: Unknown property 'nam'");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","name":[{"":1}]})"), "Patient.name[0].: Unknown property ''");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","name":[{"family":"a"},{"given":["b",1]}]})"),
            "Patient.name[1].given[1]: Must be a string that is not empty and has no control characters, not a number");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","name":{}})"), "Patient.name: Must be an array, not an object");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","birthDate":["1970"]})"),
            "Patient.birthDate: Must not be an array: it occurs once at most");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","birthDate":"1970-02-30"})"),
            "Patient.birthDate: Not a valid date: must be a date: YYYY, YYYY-MM or YYYY-MM-DD");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","birthDate":null})"),
            "Patient.birthDate: Must be a date: YYYY, YYYY-MM or YYYY-MM-DD, not null");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","name":[]})"), "Patient.name: An array must not be empty");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","maritalStatus":{}})"),
            "Patient.maritalStatus: An object must not be empty");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","active":true,"active":false})"),
            "Patient.active: The property occurs twice");
  EXPECT_EQ(
      first_issue(R"({"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"1970"})"),
      "Patient.deceasedDateTime: Only one of the types of 'deceased[x]' may be there, and deceasedBoolean is too");
  EXPECT_EQ(first_issue(R"({"resourceType":"Observation","code":{"text":"x"}})"),
            "Observation: The element 'status' is required");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","extension":[{"valueCode":"x"}]})"),
            "Patient.extension[0]: The element 'url' is required");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","name":[{"given":[null]}]})"),
            "Patient.name[0].given: A repetition has neither a value nor an extension");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient","contained":[{"resourceType":"Nobody"}]})"),
            "Patient.contained[0]: Unknown resource type 'Nobody'");
  EXPECT_EQ(first_issue(R"({"resourceType":"DomainResource"})"), ": Unknown resource type 'DomainResource'");
  EXPECT_EQ(first_issue(R"({"id":"a"})"), ": The property resourceType is missing or is not a string");
  EXPECT_EQ(first_issue("[1]"), ": A resource is a JSON object, not an array");
  EXPECT_EQ(first_issue(R"({"resourceType":"Patient",})"),
            ": not JSON: a property name in quotes is expected at line 1, column 27");
}

TEST(Json, StopsAtTheLimitOfIssues) {
  std::string text = R"({"resourceType":"Patient")";
  for (int i = 0; i < 100; ++i) text += ",\"x" + std::to_string(i) + "\":1";
  JsonReader reader(r4());
  Arena arena;
  auto root = reader.read(text + "}", arena);
  ASSERT_FALSE(root.ok());
  EXPECT_EQ(root.error().issues.size(), kMaxReadIssues);
}

TEST(Json, WritesSummariesAndElements) {
  const std::string text =
      R"({"resourceType":"Patient","id":"a","meta":{"versionId":"1"},"text":{"status":"empty","div":"<div/>"},)"
      R"("active":true,"maritalStatus":{"text":"m"},"birthDate":"1970"})";
  const std::string tag =
      R"("tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]})";
  JsonWriteOptions options;
  options.summary = Summary::true_;
  EXPECT_EQ(rewrite(text, options), R"({"resourceType":"Patient","id":"a","meta":{"versionId":"1",)" + tag +
                                        R"(,"active":true,"birthDate":"1970"})");
  options.summary = Summary::text;
  EXPECT_EQ(rewrite(text, options), R"({"resourceType":"Patient","id":"a","meta":{"versionId":"1",)" + tag +
                                        R"(,"text":{"status":"empty","div":"<div/>"}})");
  options.summary = Summary::data;
  EXPECT_EQ(rewrite(text, options), R"({"resourceType":"Patient","id":"a","meta":{"versionId":"1",)" + tag +
                                        R"(,"active":true,"maritalStatus":{"text":"m"},"birthDate":"1970"})");
  options.summary = Summary::none;
  const std::vector<std::string> elements = {"birthDate"};
  options.elements = &elements;
  EXPECT_EQ(rewrite(text, options),
            R"({"resourceType":"Patient","id":"a","meta":{"versionId":"1",)" + tag + R"(,"birthDate":"1970"})");
}

TEST(Json, WritesPretty) {
  JsonWriteOptions options;
  options.pretty = true;
  EXPECT_EQ(rewrite(R"({"resourceType":"Patient","name":[{"given":["A"]}]})", options),
            "{\n  \"resourceType\": \"Patient\",\n  \"name\": [\n    {\n      \"given\": [\n        \"A\"\n      ]\n   "
            " }\n  ]\n}");
}

TEST(Envelope, HeadAndTailMakeTheResource) {
  JsonReader reader(r4());
  Arena arena;
  const std::string tails[][2] = {
      {R"({"resourceType":"Patient"})", "}}"},
      {R"({"resourceType":"Patient","id":"x","active":true})", R"(},"active":true})"},
      {R"({"resourceType":"Patient","meta":{"versionId":"7","lastUpdated":"2020-01-01T00:00:00Z"},"active":true})",
       R"(},"active":true})"},
      {R"({"resourceType":"Patient","active":true,"meta":{"versionId":"7","profile":["p"],"tag":[{"code":"t"}]}})",
       R"(,"profile":["p"],"tag":[{"code":"t"}]},"active":true})"},
  };
  for (const auto& [text, expected] : tails) {
    auto root = reader.read(text, arena);
    ASSERT_TRUE(root.ok()) << root.error().message;
    std::string tail;
    write_tail(r4(), **root, tail);
    EXPECT_EQ(tail, expected);
  }
  std::string head;
  append_head("Patient", "x", VersionId{3}, Instant{1'577'836'800'123'456}, head);
  EXPECT_EQ(head,
            R"({"resourceType":"Patient","id":"x","meta":{"versionId":"3","lastUpdated":"2020-01-01T00:00:00.123Z")");
}

TEST(Definitions, KnowTypesElementsAndParameters) {
  EXPECT_EQ(r4().fhir_version(), "4.0.1");
  ASSERT_EQ(r4().find_resource_type("Patient"), types::Patient);
  EXPECT_FALSE(r4().find_resource_type("DomainResource"));
  EXPECT_FALSE(r4().find_resource_type("HumanName"));
  EXPECT_TRUE(r4().is_a(types::Patient, *r4().find_type("Resource")));
  EXPECT_EQ(r4().search_parameters().size(),
            1400u + 6u + 20u);  // R4 has 1,400; and ViewDefinition and the types of access theirs
  EXPECT_EQ(r4().compartments().size(), 5u);
  const Element* value = r4().find_element(types::Observation, "valueQuantity");
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(value->type, types::Quantity);
  EXPECT_EQ(value->name, names::value);
  EXPECT_EQ(r4().find_element(types::Observation, "value"), nullptr);
  // Every element can be found by its name, in every type.
  for (std::size_t id = 0; id < r4().types().size(); ++id) {
    for (const Element& element : r4().types()[id].elements) {
      EXPECT_EQ(r4().find_element(static_cast<TypeId>(id), element.json_name), &element);
    }
  }
}

}  // namespace
}  // namespace vesta::fhir
