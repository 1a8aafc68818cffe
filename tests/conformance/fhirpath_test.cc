// The official FHIRPath suite: each case compiled, run, and compared with its typed outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/clock.h"
#include "fhir/json.h"
#include "fhirpath/program.h"
#include "fhirpath/value.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/fhirpath_suite.h"

namespace vesta::tests {
namespace {

constexpr std::size_t kCases = 935;

// "boolean", "dateTime", "Quantity", "code": the type as the suite names it.
std::string type_of(const fhirpath::Item& item) {
  if (item.kind == fhirpath::Item::Kind::node) return std::string(fhir::r4().type(item.type).name);
  if (item.kind == fhirpath::Item::Kind::quantity) return "Quantity";
  std::string name(fhirpath::system_name(item.kind));
  if (!name.empty()) name[0] = static_cast<char>(name[0] - 'A' + 'a');
  return name;
}

// As the suite writes it: dates and times with @.
std::string text_of(const fhirpath::Item& item) {
  const std::string text(item.kind == fhirpath::Item::Kind::node ? item.node->value : item.text);
  const std::string type = type_of(item);
  if (type == "date" || type == "dateTime" || type == "instant") return "@" + text;
  return type == "time" ? "@T" + text : text;
}

class FhirpathSuite : public testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("VESTA_SHARED_DATA");
    folder_ = std::string(shared == nullptr ? "" : shared) + "/fhirpath";
    if (!std::filesystem::exists(folder_)) GTEST_SKIP() << "no shared data: VESTA_SHARED_DATA has no folder fhirpath";
    auto cases = load_fhirpath_cases(folder_);
    ASSERT_TRUE(cases.ok()) << cases.error().message;
    cases_ = std::move(*cases);
    ASSERT_EQ(cases_.size(), kCases);
    auto ledger = Ledger::load();
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    ledger_ = std::move(*ledger);
  }

  const std::string& input(const std::string& name) {
    std::string& text = inputs_[name];
    if (text.empty()) {
      auto loaded = load_fhirpath_input(folder_, name);
      EXPECT_TRUE(loaded.ok()) << loaded.error().message;
      if (loaded.ok()) text = std::move(*loaded);
    }
    return text;
  }

  // What is wrong with the answer to a case; empty: nothing.
  std::string failure_of(const FhirpathCase& test) {
    fhir::Arena arena;
    fhir::JsonReader reader(fhir::r4());
    auto root = reader.read(input(test.input), arena);
    if (!root.ok()) return "not read: " + root.error().message;
    fhirpath::CompileOptions options;
    if (test.checks_order) options.order_check = fhirpath::OrderCheck::on;
    const auto program = fhirpath::compile(fhir::r4(), (*root)->type, test.expression, options);
    if (!program.ok()) return test.is_error ? "" : program.error().message;
    fhirpath::Collection items;
    const Status status = (*program)->evaluate(**root, arena, items, {.clock = &system_clock()});
    if (!status.ok()) return test.is_error ? "" : status.error().message;
    if (test.is_error) return "an error was expected";
    return difference(test, items);
  }

  static std::string difference(const FhirpathCase& test, const fhirpath::Collection& items) {
    if (test.is_predicate) {
      const bool wanted = test.outputs.size() == 1 && test.outputs[0].text == "true";
      return items.empty() == wanted ? "the predicate is not as expected" : "";
    }
    std::vector<std::string> got;
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const bool has_type = i >= test.outputs.size() || !test.outputs[i].type.empty();
      got.push_back((has_type ? type_of(items[i]) + " " : "") + text_of(items[i]));
    }
    for (const FhirpathOutput& output : test.outputs) {
      wanted.push_back((output.type.empty() ? "" : output.type + " ") + output.text);
    }
    if (!test.is_ordered) {
      std::sort(got.begin(), got.end());
      std::sort(wanted.begin(), wanted.end());
    }
    if (got == wanted) return "";
    std::string text = "got";
    for (const std::string& item : got) text += " [" + item + "]";
    text += ", expected";
    for (const std::string& item : wanted) text += " [" + item + "]";
    return text;
  }

  std::string folder_;
  std::vector<FhirpathCase> cases_;
  std::map<std::string, std::string> inputs_;
  Ledger ledger_;
};

TEST_F(FhirpathSuite, AnswersAsExpected) {
  for (const FhirpathCase& test : cases_) ledger_.note("fhirpath", test.name, failure_of(test));
  const auto surprises = ledger_.surprises("fhirpath");
  for (const std::string& surprise : surprises) ADD_FAILURE() << surprise;
  EXPECT_TRUE(surprises.empty()) << surprises.size() << " of " << cases_.size();
}

}  // namespace
}  // namespace vesta::tests
