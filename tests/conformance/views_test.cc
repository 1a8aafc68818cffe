// The official SQL on FHIR suite: each view compiled, run on the file's resources, and compared with its rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fhir/json.h"
#include "json/document.h"
#include "tests/conformance/examples.h"
#include "views/row_writer.h"
#include "views/runner.h"
#include "views/view.h"

namespace vesta::tests {
namespace {

constexpr std::size_t kCases = 134;

std::string text_of(const json::Value& value) {
  std::string text;
  json::append_value(value, text);
  return text;
}

struct Suite {
  std::string name;
  json::Value root;
};

class ViewSuite : public testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("VESTA_SHARED_DATA");
    const std::string folder = std::string(shared == nullptr ? "" : shared) + "/sql-on-fhir";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data: VESTA_SHARED_DATA has no sql-on-fhir";
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.path().extension() != ".json") continue;
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
      auto root = json::parse_value(text);
      ASSERT_TRUE(root.ok()) << file.path() << root.error().message;
      suites_.push_back({file.path().stem().string(), std::move(*root)});
    }
    auto ledger = Ledger::load();
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    ledger_ = std::move(*ledger);
  }

  // The rows as NDJSON; or an error, of the view or of the run.
  static Result<std::string> run(const json::Value& view_json, const std::vector<std::string>& resources,
                                 std::string& columns) {
    VESTA_TRY(const auto view, views::compile(fhir::r4(), text_of(view_json)));
    for (const views::OutputColumn& column : view->columns()) columns += column.name + " ";
    views::Runner runner(*view);
    views::RowWriter writer(*view, views::RowFormat::ndjson);
    fhir::JsonReader reader(fhir::r4());
    std::string out;
    for (const std::string& resource : resources) {
      fhir::Arena arena;
      // Some resources of the suite lack mandatory elements.
      VESTA_TRY(const fhir::Node* const root,
                reader.read(resource, resource.capacity(), arena, {.completeness = fhir::Completeness::part}));
      VESTA_TRY(const views::Rows rows, runner.run(*root, arena));
      for (std::size_t i = 0; i < rows.size(); ++i) writer.write(rows, i, out);
    }
    return out;
  }

  // What is wrong with the answer to a case; empty: nothing. The suite does not order rows.
  static std::string failure_of(json::Value& test, const std::vector<std::string>& resources) {
    std::string columns;
    const auto rows = run(*test.find("view"), resources, columns);
    if (test.find("expectError") != nullptr) return rows.ok() ? "an error was expected" : "";
    if (!rows.ok()) return rows.error().message;
    if (const json::Value* const wanted = test.find("expectColumns")) {
      std::string names;
      for (const json::Value& name : wanted->items) names += name.text + " ";
      if (names != columns) return "got the columns " + columns + "instead of " + names;
    }
    const json::Value* const expected = test.find("expect");
    if (expected == nullptr) return "the case expects nothing";
    std::vector<json::Value> wanted = expected->items;
    std::istringstream lines(*rows);
    for (std::string line; std::getline(lines, line);) {
      const auto row = json::parse_value(line);
      if (!row.ok()) return "no JSON: " + line;
      const auto found = std::find_if(wanted.begin(), wanted.end(),
                                      [&](const json::Value& value) { return json::are_equal(value, *row); });
      if (found == wanted.end()) return "unexpected row " + line;
      wanted.erase(found);
    }
    return wanted.empty() ? "" : "missing row " + text_of(wanted.front());
  }

  std::vector<Suite> suites_;
  Ledger ledger_;
};

TEST_F(ViewSuite, YieldsTheRowsThatAreExpected) {
  std::size_t cases = 0;
  for (Suite& suite : suites_) {
    std::vector<std::string> resources;
    for (const json::Value& resource : suite.root.find("resources")->items) resources.push_back(text_of(resource));
    for (json::Value& test : suite.root.find("tests")->items) {
      std::string name = suite.name + "/" + test.find("title")->text;
      std::replace(name.begin(), name.end(), ' ', '-');
      ledger_.note("views", name, failure_of(test, resources));
      ++cases;
    }
  }
  EXPECT_EQ(cases, kCases);
  for (const std::string& surprise : ledger_.surprises("views")) ADD_FAILURE() << surprise;
}

}  // namespace
}  // namespace vesta::tests
