// The search parameter expressions on the resources of the shared data: no errors, and what they must find there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "fhirpath/test_resources.h"

namespace vesta::fhirpath {
namespace {

// What the parameters of one resource find: code and items of each that finds something.
std::map<std::string, std::string> search_values(const std::string& json) {
  const fhir::Definitions& definitions = fhir::r4();
  fhir::JsonReader reader(definitions);
  fhir::Arena arena;
  auto root = reader.read(json, arena);
  EXPECT_TRUE(root.ok()) << root.error().message;
  std::map<std::string, std::string> found;
  if (!root.ok()) return found;
  for (const fhir::SearchParameter& parameter : definitions.search_parameters()) {
    bool is_base = false;
    for (fhir::TypeId base : parameter.base) is_base = is_base || definitions.is_a((*root)->type, base);
    if (!is_base || parameter.expression.empty()) continue;
    std::string value = testing::evaluate(json, parameter.expression, testing::kSearchDialect);
    EXPECT_FALSE(value.starts_with("error: ")) << parameter.url << ": " << value;
    if (!value.empty()) found[std::string(parameter.code)] = value;
  }
  return found;
}

TEST(SharedData, SearchExpressionsFindWhatIsThere) {
  const char* folder = std::getenv("VESTA_SHARED_DATA");
  std::filesystem::path input = std::filesystem::path(folder == nullptr ? "" : folder) / "fhirpath" / "input";
  if (folder == nullptr || !std::filesystem::exists(input)) {
    GTEST_SKIP() << "no shared data: VESTA_SHARED_DATA names no folder with fhirpath/input";
  }
  auto values_of = [&](const char* name) {
    std::ifstream file(input / name);
    std::stringstream text;
    text << file.rdbuf();
    return search_values(text.str());
  };
  using Found = std::map<std::string, std::string>;
  EXPECT_EQ(values_of("appointment-examplereq.json"), (Found{{"_id", "examplereq"},
                                                             {"actor", "<Reference>, <Reference>"},
                                                             {"appointment-type", "<CodeableConcept>"},
                                                             {"identifier", "<Identifier>"},
                                                             {"location", "<Reference>"},
                                                             {"part-status", "needs-action, needs-action, accepted"},
                                                             {"patient", "<Reference>"},
                                                             {"reason-code", "<CodeableConcept>"},
                                                             {"service-category", "<CodeableConcept>"},
                                                             {"slot", "<Reference>"},
                                                             {"specialty", "<CodeableConcept>"},
                                                             {"status", "proposed"}}));
  EXPECT_EQ(values_of("patient-container-example.json"), (Found{{"_id", "example-container"},
                                                                {"deceased", "false"},
                                                                {"name", "<HumanName>"},
                                                                {"organization", "<Reference>"},
                                                                {"phonetic", "<HumanName>"}}));
}

}  // namespace
}  // namespace vesta::fhirpath
