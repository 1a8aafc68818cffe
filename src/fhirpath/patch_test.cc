// FHIRPath Patch: what the official suite lacks: places of errors, choices, extensions, lists, limits.
#include "fhirpath/patch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fhir/json.h"

namespace vesta::fhirpath {
namespace {

constexpr std::string_view kPatchedPatient =
    R"({"resourceType":"Patient","active":true,"name":[{"family":"A","given":["x","y"]},{"family":"B"}],)"
    R"("birthDate":"1974-12-25","deceasedBoolean":false,"contained":[{"resourceType":"Organization","id":"o"}],)"
    R"("managingOrganization":{"reference":"#o"}})";

struct Answer {
  std::string json;  // empty: there was an error
  Category category = Category::internal;
  std::string place;
  std::string message;
};

Answer refused(const Error& error) {
  if (error.issues.empty()) return {{}, error.category, {}, error.message};
  return {{}, error.category, error.issues.front().expression, error.issues.front().diagnostics};
}

// `operations`: the parameters of the patch, as JSON.
Answer patch(std::string_view resource, const std::string& operations) {
  const fhir::Definitions& definitions = fhir::r4();
  fhir::Arena arena;
  fhir::JsonReader reader(definitions);
  const std::string text(resource);
  const std::string parameters = operations.empty()
                                     ? R"({"resourceType":"Parameters"})"
                                     : R"({"resourceType":"Parameters","parameter":[)" + operations + "]}";
  auto root = reader.read(text, arena);
  const auto read = reader.read(parameters, arena);
  if (!root.ok()) return refused(root.error());
  if (!read.ok()) return refused(read.error());
  const auto operations_read = read_patch(definitions, (*root)->type, **read, "Parameters");
  if (!operations_read.ok()) return refused(operations_read.error());
  std::size_t steps = 0;
  const Status status = apply_patch(definitions, *operations_read, **root, arena, steps);
  if (!status.ok()) return refused(status.error());
  Answer answer;
  fhir::write_json(definitions, **root, {}, answer.json);
  const std::string again = answer.json;
  EXPECT_TRUE(reader.read(again, arena).ok()) << answer.json;
  return answer;
}

std::string part(const std::string& name, const std::string& content) {
  return R"({"name":")" + name + R"(",)" + content + "}";
}
std::string text_part(const std::string& name, const std::string& text) {
  return part(name, R"("valueString":")" + text + "\"");
}
std::string number_part(const std::string& name, const std::string& number) {
  return part(name, "\"valueInteger\":" + number);
}
std::string operation(const std::string& type, const std::string& path, const std::vector<std::string>& parts) {
  std::string text = R"({"name":"operation","part":[{"name":"type","valueCode":")" + type + "\"}";
  text += "," + text_part("path", path);
  for (const std::string& each : parts) text += "," + each;
  return text + "]}";
}
std::string add(const std::string& path, const std::string& name, const std::string& content) {
  return operation("add", path, {text_part("name", name), part("value", content)});
}
std::string replace(const std::string& path, const std::string& content) {
  return operation("replace", path, {part("value", content)});
}

void expect_place(const Answer& answer, Category category, const std::string& place) {
  EXPECT_EQ(answer.json, "");
  EXPECT_EQ(answer.category, category) << answer.message;
  EXPECT_EQ(answer.place, place) << answer.message;
  EXPECT_NE(answer.message, "");
}
// A part of the only operation: its type and path come first.
void expect_refused(const Answer& answer, int part_number) {
  expect_place(answer, Category::unprocessable, "Parameters.parameter[0].part[" + std::to_string(part_number) + "]");
}

TEST(FhirpathPatch, TakesChoicesByEitherNameAndBringsTheirType) {
  constexpr std::string_view kObservation = R"({"resourceType":"Observation","status":"final","code":{"text":"c"}})";
  const std::string quantity = R"("valueQuantity":{"value":1.50,"unit":"g"})";
  const std::string wanted = R"({"resourceType":"Observation","status":"final","code":{"text":"c"},)"
                             R"("valueQuantity":{"value":1.50,"unit":"g"}})";
  EXPECT_EQ(patch(kObservation, add("Observation", "value", quantity)).json, wanted);
  EXPECT_EQ(patch(kObservation, add("Observation", "valueQuantity", quantity)).json, wanted);
  EXPECT_EQ(patch(wanted, replace("Observation.value", R"("valueString":"s")")).json,
            R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"valueString":"s"})");
  expect_refused(patch(wanted, add("Observation", "value", R"("valueString":"s")")), 2);
  expect_refused(patch(kObservation, add("Observation", "value", R"("valueHumanName":{"text":"n"})")), 3);
}

TEST(FhirpathPatch, BringsExtensionsResourcesAndPartsInParts) {
  const std::string extension = R"("part":[{"name":"url","valueUri":"http://x"},{"name":"value","valueString":"s"}])";
  EXPECT_EQ(
      patch(R"({"resourceType":"Patient","birthDate":"1974"})", add("Patient.birthDate", "extension", extension)).json,
      R"({"resourceType":"Patient","birthDate":"1974",)"
      R"("_birthDate":{"extension":[{"url":"http://x","valueString":"s"}]}})");
  EXPECT_EQ(patch(R"({"resourceType":"Patient"})",
                  add("Patient", "contained", R"("resource":{"resourceType":"Group","type":"person","actual":true})"))
                .json,
            R"({"resourceType":"Patient","contained":[{"resourceType":"Group","type":"person","actual":true}]})");
  const std::string contact =
      R"("part":[{"name":"telecom","valueContactPoint":{"value":"1"}},{"name":"gender","valueCode":"male"},)"
      R"({"name":"telecom","valueContactPoint":{"value":"2"}}])";
  EXPECT_EQ(patch(R"({"resourceType":"Patient"})", add("Patient", "contact", contact)).json,
            R"({"resourceType":"Patient","contact":[{"telecom":[{"value":"1"},{"value":"2"}],"gender":"male"}]})");
  const std::string twice = R"("part":[{"name":"gender","valueCode":"male"},{"name":"gender","valueCode":"male"}])";
  expect_place(patch(kPatchedPatient, add("Patient", "contact", twice)), Category::unprocessable,
               "Parameters.parameter[0].part[3].part[1]");
}

TEST(FhirpathPatch, ChangesWhatItHasAddedBefore) {
  const std::string contact = R"("part":[{"name":"gender","valueCode":"male"}])";
  EXPECT_EQ(
      patch(R"({"resourceType":"Patient"})",
            add("Patient", "contact", contact) + "," + add("Patient", "contact", contact) + "," +
                replace("Patient.contact[1].gender", R"("valueCode":"female")") + "," +
                operation("move", "Patient.contact", {number_part("source", "0"), number_part("destination", "1")}))
          .json,
      R"({"resourceType":"Patient","contact":[{"gender":"female"},{"gender":"male"}]})");
}

TEST(FhirpathPatch, FindsContainedResourcesAndNoOthers) {
  EXPECT_NE(patch(kPatchedPatient, add("Patient.managingOrganization.resolve()", "name", R"("valueString":"n")"))
                .json.find(R"({"resourceType":"Organization","id":"o","name":"n"})"),
            std::string::npos);
  constexpr std::string_view kElsewhere =
      R"({"resourceType":"Patient","managingOrganization":{"reference":"Organization/1"}})";
  expect_refused(patch(kElsewhere, operation("delete", "Patient.managingOrganization.resolve()", {})), 1);
}

TEST(FhirpathPatch, DeletesWhatIsFoundAndWhatIsEmptyThen) {
  EXPECT_EQ(patch(kPatchedPatient, operation("delete", "Patient.gender", {})).json, kPatchedPatient);
  EXPECT_EQ(patch(R"({"resourceType":"Patient","contact":[{"name":{"given":["x"]}}]})",
                  operation("delete", "Patient.contact.name.given", {}))
                .json,
            R"({"resourceType":"Patient"})");
  expect_refused(patch(kPatchedPatient, operation("delete", "Patient.name", {})), 1);
  expect_refused(patch(kPatchedPatient, operation("delete", "Patient", {})), 1);
  expect_refused(patch(kPatchedPatient, operation("delete", "Patient.name.count()", {})), 1);
}

TEST(FhirpathPatch, SaysWhichPartDoesNotFit) {
  expect_refused(patch(kPatchedPatient, replace("Patient.gender", R"("valueCode":"male")")), 1);
  expect_refused(patch(kPatchedPatient, replace("Patient.active", R"("valueString":"true")")), 2);
  expect_refused(patch(kPatchedPatient, replace("Patient", R"("resource":{"resourceType":"Patient"})")), 1);
  expect_refused(patch(kPatchedPatient, add("Patient", "active", R"("valueBoolean":true)")), 2);
  expect_refused(patch(kPatchedPatient, add("Patient", "colour", R"("valueString":"red")")), 3);
  expect_refused(patch(kPatchedPatient, add("Patient", "contained", R"("valueString":"red")")), 3);
  expect_refused(patch(kPatchedPatient, add("Patient", "name", R"("resource":{"resourceType":"Patient"})")), 3);
  expect_refused(
      patch(kPatchedPatient, add("Patient.name.where(family.single() = given)", "x", R"("valueString":"y")")), 1);
  const std::string fine = operation("delete", "Patient.active", {});
  expect_place(patch(kPatchedPatient, fine + "," + add("Patient.telecom", "rank", R"("valuePositiveInt":1)")),
               Category::unprocessable, "Parameters.parameter[1].part[1]");
}

TEST(FhirpathPatch, HoldsListsToTheirEnds) {
  const auto insert = [](const std::string& path, const std::string& index) {
    return patch(
        kPatchedPatient,
        operation("insert", path, {number_part("index", index), part("value", R"("valueHumanName":{"text":"n"})")}));
  };
  EXPECT_NE(insert("Patient.name", "2").json.find(R"({"family":"B"},{"text":"n"}])"), std::string::npos);
  EXPECT_NE(insert("Patient.name", "0").json.find(R"("name":[{"text":"n"},{"family":"A")"), std::string::npos);
  expect_refused(insert("Patient.name", "3"), 2);
  expect_refused(insert("Patient.telecom", "0"), 1);
  expect_refused(insert("Patient.name[0]", "0"), 1);
  expect_refused(insert("Patient.active", "0"), 1);
  const auto move = [](const std::string& path, const std::string& source, const std::string& destination) {
    return patch(kPatchedPatient,
                 operation("move", path, {number_part("source", source), number_part("destination", destination)}));
  };
  EXPECT_NE(move("Patient.name", "1", "0").json.find(R"("name":[{"family":"B"},{"family":"A")"), std::string::npos);
  EXPECT_NE(move("Patient.name.given", "0", "1").json.find(R"("given":["y","x"])"), std::string::npos);
  expect_refused(move("Patient.name", "2", "0"), 2);
  expect_refused(move("Patient.name", "0", "2"), 3);
}

TEST(FhirpathPatch, RefusesWhatIsNoPatchWithItsPlace) {
  const auto refuse = [](const std::string& operations, const std::string& place) {
    expect_place(patch(kPatchedPatient, operations), Category::invalid, place);
  };
  const std::string first = "Parameters.parameter[0]";
  refuse(R"({"name":"other"})", first);
  refuse(R"({"name":"operation"})", first);
  refuse(operation("merge", "Patient", {}), first + ".part[0]");
  refuse(operation("delete", "Patient", {text_part("name", "x")}), first + ".part[2]");
  refuse(operation("delete", "Patient", {text_part("note", "x")}), first + ".part[2]");
  refuse(operation("delete", "Patient", {text_part("path", "Patient")}), first + ".part[2]");
  refuse(operation("add", "Patient", {text_part("name", "active")}), first);
  refuse(operation("delete", "Patient.colour", {}), first + ".part[1]");
  refuse(operation("delete", "Patient.(", {}), first + ".part[1]");
  refuse(operation("move", "Patient.name", {number_part("source", "-1"), number_part("destination", "0")}),
         first + ".part[2]");
  refuse(operation("move", "Patient.name", {number_part("source", "0"), text_part("destination", "0")}),
         first + ".part[3]");
}

TEST(FhirpathPatch, HoldsToItsLimits) {
  std::string operations;
  for (std::size_t i = 0; i < kMaxPatchOperations; ++i) {
    operations += (i == 0 ? "" : ",") + add("Patient", "name", R"("valueHumanName":{"text":"n"})");
  }
  EXPECT_NE(patch(kPatchedPatient, operations).json, "");
  expect_place(patch(kPatchedPatient, operations + "," + operation("delete", "Patient.active", {})),
               Category::too_large, "");

  // An extension inside of an extension, and so on: the root and the last one are levels too.
  operations = add("Patient", "extension", R"("part":[{"name":"url","valueUri":"u"}])");
  std::string path = "Patient.extension";
  for (std::size_t depth = 3; depth < kMaxPatchedDepth; ++depth) {
    operations += "," + add(path, "extension", R"("part":[{"name":"url","valueUri":"u"}])");
    path += ".extension";
  }
  const std::string deeper = add(path, "extension", R"("part":[{"name":"url","valueUri":"u"}])");
  const fhir::Definitions& definitions = fhir::r4();
  for (const bool is_too_deep : {false, true}) {
    fhir::Arena arena;
    fhir::JsonReader reader(definitions);
    const std::string text = R"({"resourceType":"Patient"})";
    const std::string parameters =
        R"({"resourceType":"Parameters","parameter":[)" + operations + (is_too_deep ? "," + deeper : "") + "]}";
    const auto root = reader.read(text, arena);
    const auto read = reader.read(parameters, arena);
    ASSERT_TRUE(root.ok() && read.ok());
    const auto operations_read = read_patch(definitions, (*root)->type, **read, "Parameters");
    ASSERT_TRUE(operations_read.ok()) << operations_read.error().message;
    std::size_t steps = 0;
    EXPECT_EQ(apply_patch(definitions, *operations_read, **root, arena, steps).ok(), !is_too_deep);
  }
}

// Several patches share one counter. Deleting what is not there changes nothing, but looks for it.
TEST(FhirpathPatch, HoldsAllPatchesToKMaxPatchSteps) {
  const fhir::Definitions& definitions = fhir::r4();
  std::string text = R"({"resourceType":"Patient","name":[{"given":["x")";
  for (int i = 0; i < 600; ++i) text += ",\"x\"";
  text += "]}]}";
  const std::string parameters = R"({"resourceType":"Parameters","parameter":[)" +
                                 operation("delete", "Patient.name.given.where(%resource.name.given.empty())", {}) +
                                 "]}";
  fhir::Arena arena;
  fhir::JsonReader reader(definitions);
  const auto root = reader.read(text, arena);
  const auto read = reader.read(parameters, arena);
  ASSERT_TRUE(root.ok() && read.ok());
  const auto patch = read_patch(definitions, (*root)->type, **read, "Parameters");
  ASSERT_TRUE(patch.ok());
  std::size_t steps = 0;
  ASSERT_TRUE(apply_patch(definitions, *patch, **root, arena, steps).ok());
  const std::size_t each = steps;
  ASSERT_GT(each, 600u * 600u);
  for (const bool is_over : {false, true}) {
    steps = kMaxPatchSteps - each + (is_over ? 1 : 0);
    const Status status = apply_patch(definitions, *patch, **root, arena, steps);
    EXPECT_EQ(status.ok(), !is_over);
    if (is_over) {
      EXPECT_EQ(status.error().category, Category::too_large);
      EXPECT_NE(status.error().message.find("kMaxPatchSteps"), std::string::npos);
    }
  }
  const std::vector<PatchOperation> none;
  EXPECT_TRUE(apply_patch(definitions, none, **root, arena, steps = 0).ok());
}

}  // namespace
}  // namespace vesta::fhirpath
