// The official XML Patch suite: each patch applied to its target and compared, but for white space between elements.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <pugixml.hpp>
#include <sstream>
#include <string>

#include "base/reason.h"
#include "fhir/xml.h"
#include "xml/patch.h"

namespace vesta::tests {
namespace {

constexpr std::size_t kXmlPatchCases = 29;

// The first element in `holder`; empty if there is none.
std::string element_in(const pugi::xml_node& holder) {
  std::ostringstream out;
  for (const pugi::xml_node& child : holder.children()) {
    if (child.type() != pugi::node_element) continue;
    child.print(out, "", pugi::format_raw);
    break;
  }
  return out.str();
}

std::string text_of_node(const pugi::xml_node& node) {
  std::ostringstream out;
  node.print(out, "", pugi::format_raw);
  return out.str();
}

// Without white space between elements; attributes by their names.
std::string canonical(const std::string& xml) {
  pugi::xml_document document;
  if (!document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_comments)) return "no XML: " + xml;
  struct Sorter : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      std::map<std::string, std::string> attributes;
      for (const auto& attribute : node.attributes()) attributes[attribute.name()] = attribute.value();
      node.remove_attributes();
      for (const auto& [name, value] : attributes) node.append_attribute(name.c_str()).set_value(value.c_str());
      return true;
    }
  } sorter;
  document.traverse(sorter);
  std::ostringstream out;
  document.print(out, "", pugi::format_raw);
  return out.str();
}

Result<std::string> xml_patched(const pugi::xml_node& test) {
  const xml::Namespaces known = {{"f", std::string(fhir::kFhirNamespace)}, {"h", std::string(fhir::kXhtmlNamespace)}};
  VESTA_TRY(const xml::Patch patch, xml::Patch::parse(text_of_node(test.child("patch")), known));
  return patch.apply(element_in(test.child("target")));
}

TEST(XmlPatchSuite, MakesTheOutputs) {
  const char* shared = std::getenv("VESTA_SHARED_DATA");
  const std::string path = std::string(shared == nullptr ? "" : shared) + "/patch/xml-patch-tests.xml";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data: VESTA_SHARED_DATA has no folder patch";
  pugi::xml_document document;
  ASSERT_TRUE(document.load_file(path.c_str(), pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_comments));
  std::size_t cases = 0;
  for (const pugi::xml_node& test : document.child("tests").children("case")) {
    SCOPED_TRACE(test.attribute("name").value());
    ++cases;
    const auto got = xml_patched(test);
    if (test.child("error")) {
      EXPECT_FALSE(got.ok()) << "an error was expected";
      continue;
    }
    EXPECT_TRUE(got.ok()) << reason_of(got.error());
    const std::string changed = got.ok() ? canonical(*got) : "";
    EXPECT_EQ(changed, canonical(element_in(test.child("patched"))));
  }
  EXPECT_EQ(cases, kXmlPatchCases);
}

}  // namespace
}  // namespace vesta::tests
