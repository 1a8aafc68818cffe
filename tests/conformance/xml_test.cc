// JSON to XML to JSON is the identity: over the resources of the definitions package and over all of Synthea.
#include "fhir/xml.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/reason.h"
#include "fhir/json.h"
#include "tests/conformance/examples.h"
#include "tests/scenarios/runner/json_value.h"

namespace vesta::tests {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMinCompared = 737;   // of 739 examples two are no R4: see the check "parse"
constexpr std::size_t kSyntheaFiles = 103;  // a Bundle for each of 100 patients, two of organizations, a list of them
constexpr std::size_t kXmlInputs = 7;
// Under a sanitizer one file of so many is looked at: the release build looks at them all.
constexpr std::size_t kShare = VESTA_SHARE_OF_FILES;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<fs::path> files_of(const fs::path& folder, const std::string& suffix) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() == suffix) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class XmlIdentity : public testing::Test {
 protected:
  // Empty, or why the way from JSON to XML and back does not lead to the same. What is no R4 is not asked.
  std::string difference(const std::string& json) {
    fhir::Arena arena;
    const auto root = json_reader_.read(json, arena);
    if (!root.ok()) return "";  // the check "parse" knows of it
    ++compared_;
    std::string xml;
    const Status written = writer_.write(**root, {}, xml);
    if (!written.ok()) return reason_of(written.error());
    const auto again = xml_reader_.read(xml, arena);
    if (!again.ok()) return reason_of(again.error());
    std::string back;
    fhir::write_json(fhir::r4(), **again, {}, back);
    const auto sent = parse_json(json);
    const auto got = parse_json(back);
    if (!sent || !got) return "no JSON";
    return first_difference(*sent, *got).value_or("");
  }

  fhir::JsonReader json_reader_{fhir::r4()};
  fhir::XmlReader xml_reader_{fhir::r4()};
  fhir::XmlWriter writer_{fhir::r4()};
  std::size_t compared_ = 0;
};

TEST_F(XmlIdentity, Examples) {
  const auto files = load_examples();
  ASSERT_TRUE(files.ok()) << files.error().message;
  auto ledger = Ledger::load();
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  std::size_t definitions = 0;
  for (const ExampleFile& file : *files) {
    if (file.is_definition && definitions++ % kShare != 0) continue;
    ledger->note("xml", file.name, difference(file.text));
  }
  EXPECT_GE(compared_, kMinCompared);
  for (const std::string& surprise : ledger->surprises("xml")) ADD_FAILURE() << surprise;
}

TEST_F(XmlIdentity, Synthea) {
  const std::vector<fs::path> files = files_of(VESTA_SYNTHEA_FOLDER, ".json");
  if (files.empty()) GTEST_SKIP() << "no shared data: no Synthea";
  EXPECT_EQ(files.size(), kSyntheaFiles);
  for (std::size_t i = 0; i < files.size(); i += kShare) {
    EXPECT_EQ(difference(read_file(files[i])), "") << files[i].filename();
  }
}

// Resources that others wrote as XML.
TEST_F(XmlIdentity, XmlOfTheFhirPathSuite) {
  const std::vector<fs::path> files = files_of(VESTA_FHIRPATH_INPUT_FOLDER, ".xml");
  if (files.empty()) GTEST_SKIP() << "no shared data: no input of the FHIRPath suite";
  EXPECT_EQ(files.size(), kXmlInputs);
  auto ledger = Ledger::load();
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  std::size_t read = 0;
  for (const fs::path& path : files) {
    fhir::Arena arena;
    const std::string text = read_file(path);
    const auto root = xml_reader_.read(text, arena);
    if (root.ok()) {
      std::string json;
      fhir::write_json(fhir::r4(), **root, {}, json);
      ledger->note("xml_input", path.filename(), difference(json));
      ++read;
    } else {
      ledger->note("xml_input", path.filename(), reason_of(root.error()));
    }
  }
  EXPECT_EQ(compared_, read);
  for (const std::string& surprise : ledger->surprises("xml_input")) ADD_FAILURE() << surprise;
}

}  // namespace
}  // namespace vesta::tests
