// Canonical forms, comparison, conversion, products and names.
#include "ucum/ucum.h"

#include <gtest/gtest.h>

#include <string>

#include "ucum/number.h"
#include "ucum/tables.h"

namespace vesta::ucum {
namespace {

std::string shown(std::string_view code) {
  const Result<CanonicalUnit> unit = canonical(code);
  return unit.ok() ? unit->factor + " " + unit->code : unit.error().message;
}

TEST(Ucum, CanonicalForms) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "1 1"},
      {"1", "1 1"},
      {"{score}", "1 1"},
      {"%", "0.01 1"},
      {"mol", "6.02214076e23 1"},
      {"m", "1 m"},
      {"kg", "1000 g"},
      {"mg/dL", "10 g.m-3"},
      {"g/L", "1000 g.m-3"},
      {"N", "1000 g.m.s-2"},
      {"mm[Hg]", "133322 g.m-1.s-2"},
      {"cm[H2O]", "98066.5 g.m-1.s-2"},
      {"kat", "6.02214076e23 s-1"},
      {"V", "1000 C-1.g.m2.s-2"},
      {"[c]", "299792458 m.s-1"},
      {"[lb_av]", "453.59237 g"},
      {"[in_i]", "0.0254 m"},
      {"h", "3600 s"},
      {"wk", "604800 s"},
      {"a", "31557600 s"},
      {"/min", "0.016666666666666666666666667 s-1"},
      {"deg", "0.017453292519943295769236908 rad"},
      {"10*3/uL", "1000000000000 m-3"},
      {"m/m", "1 1"},
      {"m2.s-1/m2", "1 s-1"},
      {"g/(m.s)", "1 g.m-1.s-1"},
      {"g/m.s", "1 g.m-1.s"},
      {"Cel", "1 K"},
      {"mCel", "0.001 K"},
      {"KiBy", "8192 1"},
      {"m0", "1 1"},
  };
  for (const auto& [code, expected] : cases) EXPECT_EQ(shown(code), expected) << code;
  EXPECT_TRUE(canonical("mg")->is_exact);
  EXPECT_FALSE(canonical("/min")->is_exact);
  const Result<CanonicalUnit> pressure = canonical("Pa");
  EXPECT_EQ(pressure->dimension, (std::vector<BaseExponent>{{"g", 1}, {"m", -1}, {"s", -2}}));
  EXPECT_EQ(pressure->function, "");
}

TEST(Ucum, ArbitraryUnitsAreTheirOwnBases) {
  EXPECT_EQ(shown("[iU]/mL"), "1000000 [iU].m-3");
  EXPECT_EQ(shown("m[IU]/L"), "1 [iU].m-3");
  EXPECT_EQ(shown("[iU]/[iU]"), "1 1");
  EXPECT_TRUE(*comparable("[IU]/L", "m[iU]/mL"));
  EXPECT_FALSE(*comparable("[iU]", "[arb'U]"));
  EXPECT_FALSE(*comparable("[iU]", "1"));
  EXPECT_FALSE(*comparable("[iU]", "U"));
  for (const UnitDefinition& unit : units()) {
    if (!unit.is_arbitrary || unit.code == "[IU]") continue;
    EXPECT_EQ(shown(unit.code), "1 " + std::string(unit.code));
  }
}

TEST(Ucum, EveryCanonicalCodeIsItsOwnCanonicalForm) {
  for (const UnitDefinition& unit : units()) {
    const Result<CanonicalUnit> once = canonical(unit.code);
    ASSERT_TRUE(once.ok()) << unit.code << ": " << once.error().message;
    EXPECT_EQ(shown(once->code), "1 " + once->code) << unit.code;
    EXPECT_TRUE(*comparable(unit.code, once->code));
  }
}

TEST(Ucum, Comparable) {
  EXPECT_TRUE(*comparable("mg/dL", "g/L"));
  EXPECT_TRUE(*comparable("Cel", "[degF]"));
  EXPECT_TRUE(*comparable("Pa", "N/m2"));
  EXPECT_TRUE(*comparable("mol/L", "/L"));
  EXPECT_FALSE(*comparable("g", "m"));
  EXPECT_FALSE(*comparable("rad", "1"));
  EXPECT_EQ(comparable("mg", "beats").error().category, Category::invalid);
}

TEST(Ucum, Converts) {
  EXPECT_EQ(*convert("6.30", "[in_i]", "cm"), "16.002");
  EXPECT_EQ(*convert("180", "mg/dL", "g/L"), "1.8");
  EXPECT_EQ(*convert("72", "/min", "Hz"), "1.2");
  EXPECT_EQ(*convert("1.2", "Hz", "/min"), "72");
  EXPECT_EQ(*convert("-1e3", "mm", "m"), "-1");
  EXPECT_EQ(*convert("0", "mm", "km"), "0");
  EXPECT_EQ(*convert("1", "[lb_av]/h", "kg/s"), "0.00012599788055555555555555556");
  EXPECT_EQ(*convert("1", "[mi_i]/[gal_us]", "km/L"), "0.42514370743027200340114966");
  EXPECT_EQ(convert("1", "g", "m").error().message, "'g' and 'm' are not comparable");
  EXPECT_EQ(convert("one", "g", "g").error().category, Category::invalid);
  EXPECT_EQ(convert("1", "g", "gg").error().category, Category::invalid);
  EXPECT_EQ(convert("1e9999", "Ym", "ym").error().category, Category::too_large);
}

TEST(Ucum, EqualQuantitiesHaveEqualCanonicalTexts) {
  EXPECT_EQ(*canonical_quantity("180.0", "mg/dL"), *canonical_quantity("1.8", "g/L"));
  EXPECT_EQ(*canonical_quantity("73", "/min"), *canonical_quantity("4380", "/h"));
  EXPECT_EQ(*canonical_quantity("98.6", "[degF]"), *canonical_quantity("37.0", "Cel"));
  EXPECT_EQ(*canonical_quantity("5", "{score}"), (Quantity{"5", "1"}));
  EXPECT_EQ(*canonical_quantity("0.10", "%"), (Quantity{"0.001", "1"}));
  EXPECT_EQ(*canonical_quantity("1", "[degF]"), (Quantity{"255.92777777777777777777778", "K"}));
  EXPECT_EQ(canonical_quantity("1", "beats/min").error().category, Category::invalid);
}

TEST(Ucum, MultipliesAndDivides) {
  EXPECT_EQ(*multiply({"1.5", "mg"}, {"2", "km"}), (Quantity{"3", "g.m"}));
  EXPECT_EQ(*divide({"90", "km"}, {"2", "h"}), (Quantity{"12.5", "m.s-1"}));
  EXPECT_EQ(*divide({"5", "m"}, {"2", "m"}), (Quantity{"2.5", "1"}));
  EXPECT_EQ(*multiply({"2", "m"}, {"3", ""}), (Quantity{"6", "m"}));
  EXPECT_EQ(divide({"5", "m"}, {"0.0", "s"}).error().category, Category::invalid);
  EXPECT_EQ(multiply({"1e9999", "m"}, {"1e9999", "m"}).error().category, Category::too_large);
}

TEST(Ucum, Names) {
  EXPECT_EQ(*display("mg/dL"), "(milligram) / (deciliter)");
  EXPECT_EQ(*display("/min"), "1 / (minute)");
  EXPECT_EQ(*display("mmol/(8.h.kg)"), "(millimole) / (8 * (hour) * (kilogram))");
  EXPECT_EQ(*display("kg{body_wt}"), "(kilogram){body_wt}");
  EXPECT_EQ(*display("{score}"), "{score}");
  EXPECT_FALSE(display("nope").ok());
}

TEST(UcumLimits, OfNumbersInCodes) {
  EXPECT_TRUE(canonical("Ym400").ok());
  EXPECT_EQ(canonical("Ym999").error().category, Category::too_large);
  // Some 215 bits each, and 4096 at most.
  EXPECT_TRUE(canonical("[pi]9.[pi]9").ok());
  for (const char* code : {"[pi]20", "[pi]-20", "[pi]10.[pi]10", "1/[pi]10/[pi]10"}) {
    EXPECT_TRUE(validate(code).ok()) << code;
    EXPECT_EQ(canonical(code).error().category, Category::too_large) << code;
    EXPECT_EQ(canonical_quantity("1", code).error().category, Category::too_large) << code;
  }
}

}  // namespace
}  // namespace vesta::ucum
