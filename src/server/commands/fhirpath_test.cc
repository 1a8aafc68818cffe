// The fhirpath command: items with their types, traces, and what is wrong with its column.
#include "server/commands/fhirpath.h"

#include "server/commands/test_support.h"

namespace vesta::server::commands::testing {
namespace {

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"a","active":true,
 "name":[{"family":"F","given":["A","B"]}],"birthDate":"2000-01-01"})";
constexpr std::string_view kXml =
    R"(<Patient xmlns="http://hl7.org/fhir"><id value="a"/><name><family value="F &amp; G"/></name></Patient>)";

struct Outcome {
  int exit_code = 0;
  std::string out, errors;
};

Outcome run(std::string expression, std::string_view input, bool shows_trace = false) {
  std::istringstream stream{std::string(input)};
  std::ostringstream out, errors;
  const FhirpathOptions options{std::move(expression), "-", shows_trace};
  const int exit_code = run_fhirpath(options, fhir::r4(), stream, out, errors);
  return {exit_code, out.str(), errors.str()};
}

TEST(Fhirpath, DecidesConformanceToTypes) {
  EXPECT_EQ(run("conformsTo('http://hl7.org/fhir/StructureDefinition/Resource')", kPatient).out,
            "System.Boolean\ttrue\n");
  const Outcome profile = run("name.conformsTo('http://example.org/profile')", kPatient);
  EXPECT_EQ(profile.exit_code, 2);
  EXPECT_NE(profile.errors.find("line 1, column 6: conformsTo()"), std::string::npos) << profile.errors;
}

TEST(Fhirpath, PrintsEachItemWithItsType) {
  EXPECT_EQ(run("Patient.name.given", kPatient).out, "FHIR.string\t\"A\"\nFHIR.string\t\"B\"\n");
  EXPECT_EQ(run("name", kPatient).out, "FHIR.HumanName\t{\"family\":\"F\",\"given\":[\"A\",\"B\"]}\n");
  EXPECT_EQ(run("active | birthDate", kPatient).out, "FHIR.boolean\ttrue\nFHIR.date\t\"2000-01-01\"\n");
  EXPECT_EQ(run("name.given.count() | 1.50 | 'a\"b' | true", kPatient).out,
            "System.Integer\t2\nSystem.Decimal\t1.50\nSystem.String\t\"a\\\"b\"\nSystem.Boolean\ttrue\n");
  EXPECT_EQ(run("@2020-01T | @T14:30", kPatient).out, "System.DateTime\t\"2020-01\"\nSystem.Time\t\"14:30\"\n");
  EXPECT_EQ(
      run("4 'mg'", kPatient).out,
      "System.Quantity\t{\"value\":4,\"unit\":\"mg\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg\"}\n");
  EXPECT_EQ(run("2 days", kPatient).out, "System.Quantity\t{\"value\":2,\"unit\":\"days\"}\n");
  EXPECT_EQ(run("name.contact", kPatient).exit_code, 2);
  EXPECT_EQ(run("name.where(false)", kPatient).out, "");
}

TEST(Fhirpath, ReadsXmlAsWell) {
  EXPECT_EQ(run("name.family", kXml).out, "FHIR.string\t\"F & G\"\n");
  EXPECT_EQ(run("name.family", "\xEF\xBB\xBF" + std::string(kXml)).out, "FHIR.string\t\"F & G\"\n");
  EXPECT_EQ(run("name.family", "\n " + std::string(kXml)).out, "FHIR.string\t\"F & G\"\n");
}

TEST(Fhirpath, ReadsFiles) {
  Folder folder;
  std::ostringstream out, errors;
  std::istringstream none;
  const std::string file = folder.write("patient.json", std::string(kPatient)).string();
  EXPECT_EQ(run_fhirpath({"id", file, false}, fhir::r4(), none, out, errors), 0) << errors.str();
  EXPECT_EQ(out.str(), "FHIR.id\t\"a\"\n");
  EXPECT_EQ(run_fhirpath({"id", file + ".not", false}, fhir::r4(), none, out, errors), 1);
  EXPECT_TRUE(errors.str().starts_with("vesta: " + file + ".not: ")) << errors.str();
}

TEST(Fhirpath, PrintsTracesOnDemand) {
  const std::string_view expression = "name.given.trace('t').count()";
  EXPECT_EQ(run(std::string(expression), kPatient).out, "System.Integer\t2\n");
  EXPECT_EQ(run(std::string(expression), kPatient, true).out,
            "trace t\tFHIR.string\t\"A\"\ntrace t\tFHIR.string\t\"B\"\nSystem.Integer\t2\n");
}

TEST(Fhirpath, SaysWhatIsWrongWithItsPlace) {
  const Outcome unknown = run("name.nonsense", kPatient);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.errors.find("line 1, column 6"), std::string::npos) << unknown.errors;
  EXPECT_EQ(unknown.out, "");
  EXPECT_EQ(run("name.", kPatient).exit_code, 2);
  EXPECT_EQ(run("name.single() + 1", R"({"resourceType":"Patient","name":[{"text":"a"},{"text":"b"}]})").exit_code, 2);
  const Outcome unread = run("name", R"({"resourceType":"Patient","nonsense":1})");
  EXPECT_EQ(unread.exit_code, 1);
  EXPECT_NE(unread.errors.find("nonsense"), std::string::npos) << unread.errors;
  EXPECT_EQ(run("name", "").exit_code, 1);
}

}  // namespace
}  // namespace vesta::server::commands::testing
