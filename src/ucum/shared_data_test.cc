// UCUM's official functional tests, and the whole unit table, from the shared data.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
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

// As many digits as the expected outcome shows: 25.2 passes as 25, and 0.16002 as 0.160.
void expect_value(const std::string& expected, const Result<std::string>& actual, const std::string& id) {
  ASSERT_TRUE(actual.ok()) << id << ": " << actual.error().message;
  const auto parts = split_decimal(expected);
  ASSERT_TRUE(parts) << id;
  std::string digits(parts->whole);
  digits.append(parts->fraction);
  digits.erase(0, digits.find_first_not_of('0'));
  const auto number = Number::parse(*actual);
  ASSERT_TRUE(number) << id << ": " << *actual;
  EXPECT_EQ(number->text(digits.size()), Number::parse(expected)->text(digits.size())) << id << ": " << *actual;
}

// Cases of the older file that its successor corrects: as it expects them, they are against UCUM.
const std::map<std::string, std::string> kCorrected = {
    {"2-108", "the names have no capitals since UCUM 2.0"},
    {"3-111", "s/m/mg is 1000 times s/m/g, not a thousandth of it"},
    {"3-115", "s/4.m is (s/4).m"},
    {"k=1=049", "an annotation stands behind its unit"},
};

struct Counts {
  int validations = 0, displays = 0, conversions = 0, multiplications = 0, divisions = 0;

  bool operator==(const Counts&) const = default;
};

Counts run(const pugi::xml_node& tests, const std::map<std::string, std::string>& without) {
  Counts counts;
  for (const pugi::xml_node& test : tests.child("validation").children("case")) {
    ++counts.validations;
    const std::string id = attribute(test, "id");
    if (without.contains(id)) continue;
    const Status status = validate(attribute(test, "unit"));
    EXPECT_EQ(status.ok(), attribute(test, "valid") == "true")
        << id << " '" << attribute(test, "unit") << "' " << (status.ok() ? "is taken" : status.error().message);
  }
  for (const pugi::xml_node& test : tests.child("displayNameGeneration").children("case")) {
    ++counts.displays;
    const std::string id = attribute(test, "id");
    const Result<std::string> words = display(attribute(test, "unit"));
    if (without.contains(id)) continue;
    EXPECT_EQ(words.ok() ? *words : words.error().message, attribute(test, "display")) << id;
  }
  for (const pugi::xml_node& test : tests.child("conversion").children("case")) {
    ++counts.conversions;
    const std::string id = attribute(test, "id");
    if (without.contains(id)) continue;
    expect_value(attribute(test, "outcome"),
                 convert(attribute(test, "value"), attribute(test, "srcUnit"), attribute(test, "dstUnit")), id);
  }
  const auto compute = [&](const pugi::xml_node& test, const auto& operation, const std::string& id) {
    const Result<Quantity> result = operation(Quantity{attribute(test, "v1"), attribute(test, "u1")},
                                              Quantity{attribute(test, "v2"), attribute(test, "u2")});
    ASSERT_TRUE(result.ok()) << id << ": " << result.error().message;
    expect_value(attribute(test, "vRes"), convert(result->value, result->code, attribute(test, "uRes")), id);
  };
  for (const pugi::xml_node& test : tests.child("multiplication").children("case")) {
    ++counts.multiplications;
    compute(test, multiply, "multiplication " + attribute(test, "id"));
  }
  for (const pugi::xml_node& test : tests.child("division").children("case")) {
    ++counts.divisions;
    compute(test, divide, "division " + attribute(test, "id"));
  }
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
  const Counts counts = run(document.child("ucumTests"), kCorrected);
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
