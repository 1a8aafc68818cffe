// UCUM's official functional tests, and the whole unit table, from the shared data.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <string>

#include "ucum/number.h"
#include "ucum/tables.h"
#include "ucum/ucum.h"

namespace vesta::ucum {
namespace {

class UcumSharedData : public testing::Test {
 protected:
  void SetUp() override {
    const char* root = std::getenv("VESTA_SHARED_DATA");
    folder_ = std::filesystem::path(root == nullptr ? "" : root) / "ucum";
    if (root == nullptr || !std::filesystem::exists(folder_)) {
      GTEST_SKIP() << "no shared data: VESTA_SHARED_DATA names no folder with ucum";
    }
  }
  pugi::xml_document load(const char* name) {
    pugi::xml_document document;
    EXPECT_TRUE(document.load_file((folder_ / name).c_str())) << name;
    return document;
  }

 private:
  std::filesystem::path folder_;
};

std::string attribute(const pugi::xml_node& node, const char* name) {
  return node.attribute(name).value();
}

// As many digits as the expected outcome shows: 25.2 passes as 25, and 0.16002 as 0.160. Empty: it is as expected.
std::string difference(const std::string& expected, const Result<std::string>& actual) {
  if (!actual.ok()) return actual.error().message;
  const auto parts = split_decimal(expected);
  const auto number = Number::parse(*actual);
  if (!parts || !number) return "no number: " + *actual;
  std::string digits(parts->whole);
  digits.append(parts->fraction);
  digits.erase(0, digits.find_first_not_of('0'));
  return number->text(digits.size()) == Number::parse(expected)->text(digits.size()) ? "" : *actual;
}

// Case → reason, of older_tests_ledger.txt beside this file.
using Ledger = std::map<std::string, std::string>;

Ledger load_ledger() {
  Ledger ledger;
  std::ifstream file(VESTA_UCUM_LEDGER);
  EXPECT_TRUE(file) << VESTA_UCUM_LEDGER;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = line.find(' ');
    EXPECT_NE(space, std::string::npos) << "without a reason: " << line;
    EXPECT_TRUE(ledger.emplace(line.substr(0, space), line.substr(space + 1)).second) << line;
  }
  return ledger;
}

struct Counts {
  int validations = 0, displays = 0, conversions = 0, multiplications = 0, divisions = 0;

  bool operator==(const Counts&) const = default;
};

// `ledger`: the cases that fail, each of which must be there.
Counts run(const pugi::xml_node& tests, Ledger ledger) {
  Counts counts;
  const auto note = [&](const std::string& id, const std::string& failure) {
    const bool is_known = ledger.erase(id) == 1;
    EXPECT_EQ(failure.empty(), !is_known) << id << (is_known ? " passes, and is in the ledger" : ": " + failure);
  };
  for (const pugi::xml_node& test : tests.child("validation").children("case")) {
    ++counts.validations;
    const Status status = validate(attribute(test, "unit"));
    const bool is_as_wanted = status.ok() == (attribute(test, "valid") == "true");
    note(attribute(test, "id"), is_as_wanted ? "" : status.ok() ? "it is taken" : status.error().message);
  }
  for (const pugi::xml_node& test : tests.child("displayNameGeneration").children("case")) {
    ++counts.displays;
    const Result<std::string> words = display(attribute(test, "unit"));
    const std::string got = words.ok() ? *words : words.error().message;
    note(attribute(test, "id"), got == attribute(test, "display") ? "" : got);
  }
  for (const pugi::xml_node& test : tests.child("conversion").children("case")) {
    ++counts.conversions;
    note(attribute(test, "id"),
         difference(attribute(test, "outcome"),
                    convert(attribute(test, "value"), attribute(test, "srcUnit"), attribute(test, "dstUnit"))));
  }
  const auto compute = [&](const pugi::xml_node& test, const auto& operation, const std::string& id) {
    const Result<Quantity> result = operation(Quantity{attribute(test, "v1"), attribute(test, "u1")},
                                              Quantity{attribute(test, "v2"), attribute(test, "u2")});
    ASSERT_TRUE(result.ok()) << id << ": " << result.error().message;
    note(id, difference(attribute(test, "vRes"), convert(result->value, result->code, attribute(test, "uRes"))));
  };
  for (const pugi::xml_node& test : tests.child("multiplication").children("case")) {
    ++counts.multiplications;
    compute(test, multiply, "multiplication " + attribute(test, "id"));
  }
  for (const pugi::xml_node& test : tests.child("division").children("case")) {
    ++counts.divisions;
    compute(test, divide, "division " + attribute(test, "id"));
  }
  for (const auto& [id, reason] : ledger) ADD_FAILURE() << id << " is in the ledger, and is no case";
  return counts;
}

TEST_F(UcumSharedData, PassesTheFunctionalTests) {
  const pugi::xml_document document = load("UcumFunctionalTests.xml");
  const Counts counts = run(document.child("ucumTests"), {});
  EXPECT_EQ(counts.validations, 529);
  EXPECT_EQ(counts.displays, 9);
  EXPECT_EQ(counts.conversions, 30);
  EXPECT_EQ(counts.multiplications, 2);
  EXPECT_EQ(counts.divisions, 3);
}

TEST_F(UcumSharedData, PassesTheOlderFunctionalTests) {
  const pugi::xml_document document = load("UcumFunctionalTests.2.xml");
  const Counts counts = run(document.child("ucumTests"), load_ledger());
  EXPECT_EQ(counts.validations, 525);
  EXPECT_EQ(counts.displays, 8);
  EXPECT_EQ(counts.conversions, 29);
  EXPECT_EQ(counts.multiplications, 2);
  EXPECT_EQ(counts.divisions, 0);
}

TEST_F(UcumSharedData, HasThePrefixesOfTheEssence) {
  const pugi::xml_document document = load("ucum-essence.xml");
  std::size_t count = 0;
  for (const pugi::xml_node& prefix : document.child("root").children("prefix")) {
    ++count;
    const PrefixDefinition* ours = find_prefix(attribute(prefix, "Code"));
    ASSERT_NE(ours, nullptr) << attribute(prefix, "Code");
    EXPECT_EQ(ours->name, prefix.child("name").text().get());
    EXPECT_EQ(ours->value, attribute(prefix.child("value"), "value")) << ours->code;
  }
  EXPECT_EQ(count, 24u);
  EXPECT_EQ(prefixes().size(), count);
}

TEST_F(UcumSharedData, HasTheUnitsOfTheEssence) {
  const pugi::xml_document document = load("ucum-essence.xml");
  std::size_t count = 0;
  for (const pugi::xml_node& unit : document.child("root").children()) {
    const std::string kind = unit.name();
    if (kind == "prefix") continue;
    ++count;
    const UnitDefinition* ours = find_unit(attribute(unit, "Code"));
    ASSERT_NE(ours, nullptr) << attribute(unit, "Code");
    EXPECT_EQ(ours->name, unit.child("name").text().get());
    EXPECT_EQ(ours->is_base, kind == "base-unit") << ours->code;
    EXPECT_EQ(ours->is_metric, ours->is_base || attribute(unit, "isMetric") == "yes") << ours->code;
    EXPECT_EQ(ours->is_arbitrary, attribute(unit, "isArbitrary") == "yes") << ours->code;
    EXPECT_EQ(ours->function != Function::none, attribute(unit, "isSpecial") == "yes") << ours->code;
    const pugi::xml_node value = unit.child("value");
    const pugi::xml_node definition = value.child("function") ? value.child("function") : value;
    EXPECT_EQ(ours->value, attribute(definition, "value")) << ours->code;
    EXPECT_EQ(ours->unit, attribute(definition, "Unit")) << ours->code;
  }
  EXPECT_EQ(count, 312u);
  EXPECT_EQ(units().size(), count);
}

}  // namespace
}  // namespace vesta::ucum
