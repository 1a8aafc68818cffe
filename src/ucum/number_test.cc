// Number: forms, the normal form, exact arithmetic, rounding, and both sides of each limit.
#include "ucum/number.h"

#include <gtest/gtest.h>

namespace vesta::ucum {
namespace {

Number number(std::string_view text) {
  const auto parsed = Number::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Number();
}

Number ratio(std::int64_t numerator, std::int64_t denominator) {
  return Number(numerator, denominator);
}

TEST(Number, ReadsTheDecimalsOfFhirOnly) {
  for (const char* text : {"0", "-0", "1", "1.50", "-3e-2", "2E+5", "0.001", "1e0007"}) {
    EXPECT_TRUE(Number::parse(text)) << text;
  }
  for (const char* text : {"", "-", "+1", ".5", "5.", "01", "1e", "1e+", "1,5", " 1", "1 ", "0x1", "1.5.2", "NaN"}) {
    EXPECT_FALSE(Number::parse(text)) << text;
  }
}

TEST(Number, HasOneFormForEachNumber) {
  EXPECT_EQ(number("1.50"), number("15e-1"));
  EXPECT_EQ(number("-0"), number("0.000"));
  EXPECT_EQ(ratio(1, 8), number("0.125"));
  EXPECT_EQ(ratio(-3, 50), number("-0.06"));
  EXPECT_EQ(ratio(6, -4), number("-1.5"));
  EXPECT_EQ(ratio(10, 30), ratio(1, 3));
  EXPECT_NE(ratio(1, 3), number("0.3333333333333333333333333333"));
  const Number large = number("1200e300");
  EXPECT_EQ(large.numerator(), 12);
  EXPECT_EQ(large.exponent(), 302);
  EXPECT_EQ(number("1" + std::string(700, '0')), number("1e700"));
}

TEST(Number, WritesPlainOrWithAnExponent) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"1.50", "1.5"},
      {"-120", "-120"},
      {"0.000001", "0.000001"},
      {"0.0000001", "1e-7"},
      {"-0.00000012", "-1.2e-7"},
      {"123456789012345678901", "123456789012345678901"},
      {"1234567890123456789012", "1.234567890123456789012e21"},
      {"6.02214076e26", "6.02214076e26"},
      {"1e20", "100000000000000000000"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(number(in).text(), out) << in;
}

TEST(Number, RoundsWhatNeverEndsToOnePrecision) {
  EXPECT_EQ(ratio(1, 3).text(), "0.33333333333333333333333333");
  EXPECT_EQ(ratio(-2, 3).text(), "-0.66666666666666666666666667");
  EXPECT_EQ(ratio(73, 60).text(), "1.2166666666666666666666667");
  EXPECT_EQ(ratio(1, 7 * 49).text(4), "0.002915");
  // A finite decimal is not touched, however long it is.
  const std::string pi = "3.1415926535897932384626433832795028841971693993751058209749445923";
  EXPECT_EQ(number(pi).text(), pi);
  EXPECT_EQ(number("9.996").text(3), "10");
  EXPECT_EQ(number("0.9996").text(3), "1");
  EXPECT_EQ(number("25.25").text(3), "25.3");
  EXPECT_EQ(Number(Number::Integer(pi.substr(2)), 1, -64, Precision::approximate).text(),
            "0.14159265358979323846264338");
}

TEST(Number, ComputesExactly) {
  EXPECT_EQ(number("0.1").plus(number("0.2"))->text(), "0.3");
  EXPECT_EQ(*number("6.3").times(number("1e-3")), number("0.0063"));
  EXPECT_EQ(*ratio(1, 3).times(ratio(3, 1)), number("1"));
  EXPECT_EQ(*number("1").divided_by(number("60"))->times(number("60")), number("1"));
  EXPECT_EQ(*ratio(5, 9).plus(ratio(4, 9)), number("1"));
  EXPECT_EQ(number("5").plus(number("-5"))->text(), "0");
  EXPECT_EQ(*number("0.5").power(-3), number("8"));
  EXPECT_EQ(*ratio(2, 3).power(-2), ratio(9, 4));
  EXPECT_EQ(*number("7").power(0), number("1"));
}

TEST(Number, RemembersThatItIsApproximate) {
  const Number root(Number::Integer(1414), 1, -3, Precision::approximate);
  EXPECT_EQ(root.times(number("2"))->precision(), Precision::approximate);
  EXPECT_EQ(number("1").plus(root)->precision(), Precision::approximate);
  EXPECT_EQ(number("1").divided_by(root)->precision(), Precision::approximate);
  EXPECT_EQ(number("1").plus(number("2"))->precision(), Precision::exact);
}

TEST(NumberLimits, Digits) {
  EXPECT_TRUE(Number::parse(std::string(kMaxDecimalDigits, '7')));
  EXPECT_FALSE(Number::parse(std::string(kMaxDecimalDigits + 1, '7')));
  const std::string sevens = "7." + std::string(kMaxDecimalDigits - 1, '7') + "e999";
  EXPECT_EQ(number(std::string(kMaxDecimalDigits, '7')).text(), sevens);
  // A product may be longer: it is rounded then.
  const Result<Number> square = number(std::string(600, '7')).power(2);
  ASSERT_TRUE(square.ok());
  EXPECT_EQ(square->text(), "6.0493827160493827160493827e1199");
}

TEST(NumberLimits, Exponent) {
  EXPECT_TRUE(Number::parse("1e" + std::to_string(kMaxDecimalExponent)));
  EXPECT_FALSE(Number::parse("1e" + std::to_string(kMaxDecimalExponent + 1)));
  EXPECT_FALSE(Number::parse("1e99999999999999999999"));
  EXPECT_TRUE(number("1e9999").times(number("10")).ok());
  EXPECT_EQ(number("1e9999").times(number("100")).error().category, Category::too_large);
  EXPECT_TRUE(number("1e100").power(100).ok());
  EXPECT_EQ(number("1e100").power(101).error().category, Category::too_large);
  EXPECT_EQ(number("1e100").power(-101).error().category, Category::too_large);
}

TEST(NumberLimits, Bits) {
  EXPECT_TRUE(number("3").power(2500).ok());
  EXPECT_EQ(number("3").power(2600).error().category, Category::too_large);
  EXPECT_EQ(number("3").power(2'000'000'000).error().category, Category::too_large);
  EXPECT_EQ(number("3").power(2500)->times(*number("3").power(2500)).error().category, Category::too_large);
}

TEST(NumberLimits, DistanceOfAddends) {
  EXPECT_TRUE(number("1e1024").plus(number("1")).ok());
  EXPECT_EQ(number("1e1025").plus(number("1")).error().category, Category::too_large);
  EXPECT_TRUE(number("1e4200").plus(number("0")).ok());
}

}  // namespace
}  // namespace vesta::ucum
