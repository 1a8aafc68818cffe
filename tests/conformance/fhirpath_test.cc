// The official FHIRPath suite: each case compiled, run, and compared with its typed outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

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
    is_late_.reset();
    fhir::Arena arena;
    fhir::JsonReader reader(fhir::r4());
    // Of some inputs elements are missing that R4 requires, as no case is about them.
    const std::string& text = input(test.input);
    auto root = reader.read(text, text.capacity(), arena, {.completeness = fhir::Completeness::part});
    if (!root.ok()) return "not read: " + root.error().message;
    fhirpath::CompileOptions options;
    if (test.checks_order) options.order_check = fhirpath::OrderCheck::on;
    const auto program = fhirpath::compile(fhir::r4(), (*root)->type, test.expression, options);
    if (!program.ok()) {
      is_late_ = false;
      return test.invalid.empty() ? program.error().message : "";
    }
    fhirpath::Collection items;
    const Status status = (*program)->evaluate(**root, arena, items, {.clock = &system_clock()});
    if (!status.ok()) {
      is_late_ = true;
      return test.invalid.empty() ? status.error().message : "";
    }
    if (!test.invalid.empty()) return "an error was expected";
    return difference(test, items);
  }

  // What is wrong with the stage in which the error of a case came; empty: nothing, or there was none.
  std::string wrong_stage(const FhirpathCase& test) const {
    if (test.invalid == "execution" && is_late_ == false) return "an error when it is run was expected";
    const bool must_be_early = test.invalid == "syntax" || test.invalid == "semantic";
    return must_be_early && is_late_ == true ? "an error when it is compiled was expected" : "";
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
  std::optional<bool> is_late_;  // of the last case: it failed when it was run (false: when it was compiled)
};

TEST_F(FhirpathSuite, AnswersAsExpected) {
  for (const FhirpathCase& test : cases_) {
    ledger_.note("fhirpath", test.name, failure_of(test));
    ledger_.note("fhirpath-stage", test.name, wrong_stage(test));
  }
  auto surprises = ledger_.surprises("fhirpath");
  for (const std::string& surprise : ledger_.surprises("fhirpath-stage")) surprises.push_back(surprise);
  for (const std::string& surprise : surprises) ADD_FAILURE() << surprise;
  EXPECT_TRUE(surprises.empty()) << surprises.size() << " of " << cases_.size();
}

}  // namespace
}  // namespace vesta::tests
