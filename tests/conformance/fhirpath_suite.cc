// Reads the official FHIRPath suite.
#include "tests/conformance/fhirpath_suite.h"

#include <fstream>
#include <iterator>
#include <pugixml.hpp>
#include <string_view>

#include "fhir/definitions.h"
#include "tests/conformance/xml_resource.h"

namespace vesta::tests {
namespace {

constexpr const char* kDefaultInput = "patient-example.xml";  // of cases that look at no resource

FhirpathCase read_case(const std::string& group, const pugi::xml_node& node) {
  FhirpathCase found;
  found.name = group + "/" + node.attribute("name").value();
  found.input = node.attribute("inputfile").as_string(kDefaultInput);
  found.expression = node.child("expression").text().get();
  found.invalid = node.child("expression").attribute("invalid").as_string();
  found.is_predicate = node.attribute("predicate").as_bool();
  found.is_ordered = node.attribute("ordered").as_bool(true);
  found.checks_order = node.attribute("checkOrderedFunctions").as_bool();
  for (const auto& output : node.children("output")) {
    found.outputs.push_back({output.attribute("type").value(), output.text().get()});
  }
  return found;
}

}  // namespace

Result<std::vector<FhirpathCase>> load_fhirpath_cases(const std::string& folder) {
  pugi::xml_document document;
  const std::string path = folder + "/tests-fhir-r4.xml";
  if (!document.load_file(path.c_str(), pugi::parse_default | pugi::parse_ws_pcdata)) {
    return make_error(Category::not_found, "no suite at " + path);
  }
  std::vector<FhirpathCase> cases;
  for (const auto& group : document.child("tests").children("group")) {
    for (const auto& test : group.children("test")) cases.push_back(read_case(group.attribute("name").value(), test));
  }
  return cases;
}

Result<std::string> load_fhirpath_input(const std::string& folder, const std::string& name) {
  std::ifstream stream(folder + "/input/" + name, std::ios::binary);
  if (!stream) return make_error(Category::not_found, "no input " + name);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (name.ends_with(".json")) return text;
  std::string json = json_of_xml(fhir::r4(), text);
  if (json.empty()) return make_error(Category::invalid, "no resource in " + name);
  return json;
}

}  // namespace vesta::tests
