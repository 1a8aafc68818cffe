// The official FHIRPath Patch suite: each patch, as XML and as JSON, applied to its input and compared with its output.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <pugixml.hpp>
#include <sstream>
#include <string>

#include "base/reason.h"
#include "fhir/json.h"
#include "fhir/xml.h"
#include "fhirpath/patch.h"
#include "tests/scenarios/runner/json_value.h"

namespace vesta::tests {
namespace {

constexpr std::size_t kFhirpathPatchCases = 33;

std::string resources_in(const pugi::xml_node& holder) {
  std::ostringstream out;
  for (const pugi::xml_node& child : holder.children()) {
    if (child.type() == pugi::node_element) child.print(out, "", pugi::format_raw);
  }
  return out.str();
}

// The JSON of a resource's XML, or why there is none.
Result<std::string> json_of(const std::string& xml) {
  fhir::Arena arena;
  fhir::XmlReader reader(fhir::r4());
  VESTA_TRY(const fhir::Node* const root, reader.read(xml, arena));
  std::string json;
  fhir::write_json(fhir::r4(), *root, {}, json);
  return json;
}

// The resource that the patch makes of `input`, which is JSON.
Result<std::string> fhirpath_patched(const std::string& input, const fhir::Node& parameters, fhir::JsonReader& reader) {
  fhir::Arena arena;
  VESTA_TRY(fhir::Node* const root, reader.read(input, arena));
  VESTA_TRY(const auto patch, fhirpath::read_patch(fhir::r4(), root->type, parameters, "Parameters"));
  std::size_t steps = 0;
  VESTA_CHECK_OK(fhirpath::apply_patch(fhir::r4(), patch, *root, arena, steps));
  std::string json;
  fhir::write_json(fhir::r4(), *root, {}, json);
  fhir::Arena again;
  VESTA_CHECK_OK([&]() -> Status {
    VESTA_TRY([[maybe_unused]] const fhir::Node* const checked, reader.read(json, again));
    return kOk;
  }());
  return json;
}

void compare_patched(const Result<std::string>& got, const pugi::xml_node& test) {
  if (test.child("error")) {
    EXPECT_FALSE(got.ok()) << "an error was expected";
    return;
  }
  ASSERT_TRUE(got.ok()) << reason_of(got.error());
  const auto wanted = json_of(resources_in(test.child("output")));
  ASSERT_TRUE(wanted.ok()) << reason_of(wanted.error());
  const auto left = parse_json(*got);
  const auto right = parse_json(*wanted);
  ASSERT_TRUE(left && right);
  const auto difference = first_difference(*left, *right);
  EXPECT_FALSE(difference.has_value()) << *difference;
}

void run_fhirpath_patch(const pugi::xml_node& test) {
  SCOPED_TRACE(test.attribute("name").value());
  const auto input = json_of(resources_in(test.child("input")));
  ASSERT_TRUE(input.ok()) << reason_of(input.error());
  const std::string xml = resources_in(test.child("diff"));
  fhir::Arena arena;
  fhir::XmlReader xml_reader(fhir::r4());
  const auto from_xml = xml_reader.read(xml, arena);
  ASSERT_TRUE(from_xml.ok()) << reason_of(from_xml.error());
  std::string json;
  fhir::write_json(fhir::r4(), **from_xml, {}, json);
  fhir::JsonReader reader(fhir::r4());
  const auto from_json = reader.read(json, arena);
  ASSERT_TRUE(from_json.ok()) << reason_of(from_json.error());
  compare_patched(fhirpath_patched(*input, **from_xml, reader), test);
  compare_patched(fhirpath_patched(*input, **from_json, reader), test);
}

TEST(FhirpathPatchSuite, MakesTheOutputs) {
  const char* shared = std::getenv("VESTA_SHARED_DATA");
  const std::string path = std::string(shared == nullptr ? "" : shared) + "/patch/fhir-patch-tests.xml";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data: VESTA_SHARED_DATA has no folder patch";
  pugi::xml_document document;
  ASSERT_TRUE(document.load_file(path.c_str(), pugi::parse_default | pugi::parse_ws_pcdata));
  std::size_t cases = 0;
  for (const pugi::xml_node& test : document.child("tests").children("case")) {
    run_fhirpath_patch(test);
    ++cases;
  }
  EXPECT_EQ(cases, kFhirpathPatchCases);
}

}  // namespace
}  // namespace vesta::tests
