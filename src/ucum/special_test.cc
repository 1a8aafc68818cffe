// Special units: both directions of each function, what they may be combined with, and the limit of levels.
#include "ucum/special.h"

#include <gtest/gtest.h>

#include <string>

#include "ucum/tables.h"
#include "ucum/ucum.h"

namespace vesta::ucum {
namespace {

std::string converted(std::string_view value, std::string_view from, std::string_view to) {
  const Result<std::string> result = convert(value, from, to);
  return result.ok() ? *result : result.error().message;
}

TEST(UcumSpecial, ConvertsExactlyWhatIsRational) {
  const struct {
    const char *value, *from, *to, *expected;
  } cases[] = {
      {"37", "Cel", "K", "310.15"},
      {"310.15", "K", "Cel", "37"},
      {"-40", "Cel", "[degF]", "-40"},
      {"98.6", "[degF]", "Cel", "37"},
      {"37", "Cel", "[degF]", "98.6"},
      {"80", "[degRe]", "Cel", "100"},
      {"100", "Cel", "[degRe]", "80"},
      {"459.67", "[degR]", "[degF]", "0"},
      {"36600", "mCel", "Cel", "36.6"},
      {"36.6", "Cel", "mCel", "36600"},
      {"3.66", "10.Cel", "Cel", "36.6"},
      {"7", "[pH]", "mol/L", "1e-7"},
      {"1e-7", "mol/L", "[pH]", "7"},
      {"20", "dB", "1", "100"},
      {"1000", "1", "dB", "30"},
      {"40", "dB[V]", "V", "100"},
      {"120", "dB[SPL]", "Pa", "20"},
      {"60", "dB[uV]", "mV", "1"},
      {"3", "B[kW]", "MW", "1"},
      {"30", "dB[W]", "kW", "1"},
      {"2", "B[10.nV]", "nV", "100"},
      {"10", "bit_s", "1", "1024"},
      {"1024", "1", "bit_s", "10"},
      {"6", "[hp'_X]", "1", "0.000001"},
      {"0.0001", "1", "[hp'_C]", "2"},
      {"2", "[hp'_M]", "1", "0.000001"},
      {"2", "[hp'_Q]", "1", "4e-10"},
      {"3", "[m/s2/Hz^(1/2)]", "m2/s4/Hz", "9"},
      {"0.25", "m2/s4/Hz", "[m/s2/Hz^(1/2)]", "0.5"},
      {"2.5", "m2/s4/Hz", "m2/s3", "2.5"},
      {"0", "%[slope]", "deg", "0"},
      // On the same scale no function is computed.
      {"7.4", "[pH]", "[pH]", "7.4"},
      {"7.4", "dB", "B", "0.74"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(converted(test.value, test.from, test.to), test.expected) << test.value << ' ' << test.from;
  }
}

TEST(UcumSpecial, ComputesTheOthersToManyDigits) {
  // Figures of an independent calculation with 60 digits.
  EXPECT_EQ(converted("7.4", "[pH]", "mol/L"), "3.9810717055349725077025231e-8");
  EXPECT_EQ(converted("1", "Np", "1"), "2.7182818284590452353602875");
  EXPECT_EQ(converted("2", "1", "Np"), "0.69314718055994530941723212");
  EXPECT_EQ(converted("3", "dB", "1"), "1.9952623149688796013524554");
  EXPECT_EQ(converted("1", "bit_s", "Np"), "0.69314718055994530941723212");
  EXPECT_EQ(converted("2", "m2/s4/Hz", "[m/s2/Hz^(1/2)]"), "1.4142135623730950488016887");
  EXPECT_EQ(converted("100", "[p'diop]", "rad"), "0.78539816339744830961566085");
  EXPECT_EQ(converted("100", "%[slope]", "deg"), "45");
  EXPECT_EQ(converted("45", "deg", "[p'diop]"), "100");
}

TEST(UcumSpecial, ComesBackFromEachScale) {
  for (const UnitDefinition& unit : units()) {
    if (unit.function == Function::none) continue;
    const Result<Quantity> there = canonical_quantity("7.3", unit.code);
    ASSERT_TRUE(there.ok()) << unit.code << there.error().message;
    // The text between has 26 digits where it is rounded; the offset of a temperature takes some of them.
    const Result<std::string> back = convert(there->value, there->code, unit.code);
    ASSERT_TRUE(back.ok()) << unit.code << back.error().message;
    EXPECT_EQ(Number::parse(*back)->text(22), "7.3") << unit.code;
    const Result<CanonicalUnit> canonical_unit = canonical(unit.code);
    ASSERT_TRUE(canonical_unit.ok());
    EXPECT_EQ(canonical_unit->function, function_name(unit.function));
    EXPECT_EQ(canonical_unit->code, there->code);
  }
}

TEST(UcumSpecial, StandsAloneOrWithNumbers) {
  for (const char* code : {"Cel", "2.Cel", "Cel.2", "Cel/2", "%.Cel", "(Cel)", "Cel{oral}", "Cel.m0", "dB/10"}) {
    EXPECT_TRUE(canonical(code).ok()) << code;
  }
  for (const char* code : {"Cel/s", "W/Cel", "/Cel", "Cel2", "Cel-1", "Cel.Cel", "Cel.[iU]", "[pH].m", "m.(Cel)"}) {
    ASSERT_FALSE(canonical(code).ok()) << code;
    EXPECT_EQ(canonical(code).error().category, Category::unsupported) << code;
    EXPECT_TRUE(validate(code).ok()) << code;
  }
  EXPECT_EQ(multiply({"2", "Cel"}, {"3", "m"}).error().category, Category::unsupported);
  EXPECT_EQ(divide({"2", "m"}, {"3", "[pH]"}).error().category, Category::unsupported);
}

TEST(UcumSpecial, HasNoValueOutsideTheFunction) {
  for (const char* value : {"0", "-1"}) {
    EXPECT_EQ(convert(value, "1", "B").error().category, Category::invalid) << value;
    EXPECT_EQ(convert(value, "mol/L", "[pH]").error().category, Category::invalid) << value;
  }
  EXPECT_EQ(convert("-1", "m2/s4/Hz", "[m/s2/Hz^(1/2)]").error().category, Category::invalid);
  EXPECT_EQ(convert("90", "deg", "%[slope]").error().category, Category::invalid);
  EXPECT_TRUE(convert("89.9", "deg", "%[slope]").ok());
}

TEST(UcumSpecialLimits, Level) {
  const std::string limit = std::to_string(kMaxLevel);
  for (const UnitDefinition& unit : units()) {
    if (unit.function == Function::none || unit.property == "temperature" || unit.function == Function::hundred_tan ||
        unit.function == Function::sqrt) {
      continue;
    }
    for (const char* sign : {"", "-"}) {
      EXPECT_TRUE(canonical_quantity(sign + limit, unit.code).ok()) << unit.code;
      EXPECT_TRUE(canonical_quantity(sign + std::string("999.9"), unit.code).ok()) << unit.code;
      EXPECT_EQ(canonical_quantity(sign + limit + ".1", unit.code).error().category, Category::too_large) << unit.code;
    }
    EXPECT_EQ(canonical_quantity("1e9999", unit.code).error().category, Category::too_large) << unit.code;
  }
}

}  // namespace
}  // namespace vesta::ucum
