// For tests: expressions on a small Patient.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json.h"
#include "fhirpath/program.h"
#include "fhirpath/test_resources.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {

struct Variable {
  std::string name;
  Collection items;
};

// A Patient, and what expressions on it give, printed; an error is "refused: …" when it is compiled, "error: …" after.
class OnAPatient : public ::testing::Test {
 protected:
  void SetUp() override {
    auto root = reader_.read(json_, arena_);
    ASSERT_TRUE(root.ok()) << root.error().message;
    root_ = *root;
  }

  std::string run(std::string_view expression, std::span<const Variable> variables = {}) {
    CompileOptions options;
    std::vector<std::string> names;
    std::vector<Collection> values;
    for (const Variable& variable : variables) {
      names.push_back(variable.name);
      values.push_back(variable.items);
    }
    options.variables = names;
    const auto program = compile(fhir::r4(), root_->type, expression, options);
    if (!program.ok()) return "refused: " + program.error().message;
    Collection items;
    const Status ran = (*program)->evaluate(*root_, arena_, items, {.variables = values});
    if (!ran.ok()) return "error: " + ran.error().message;
    std::string text;
    for (const Item& item : items) text += (text.empty() ? "" : ", ") + testing::print(item);
    return text;
  }

  const std::string json_ = R"({"resourceType":"Patient","id":"p","name":[{"family":"A","given":["b","c"]}]})";
  fhir::JsonReader reader_{fhir::r4()};
  fhir::Arena arena_;
  const fhir::Node* root_ = nullptr;
};

}  // namespace vesta::fhirpath
