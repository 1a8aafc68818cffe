// Tests of decimal keys: their order, equality of equal numbers, limits, and the ranges of search values.
#include "search/decimal_key.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace vesta::search {
namespace {

std::string key(std::string_view text) {
  auto made = decimal_key(text);
  EXPECT_TRUE(made) << text;
  return made.value_or("");
}

TEST(DecimalKey, OrdersAsTheNumbersDo) {
  const std::vector<std::string> ascending = {"-1e10000",
                                              "-123456789012345678901234567890123456789",
                                              "-1e31",
                                              "-1e30",
                                              "-1e29",
                                              "-100.5",
                                              "-100",
                                              "-99.95",
                                              "-99.9",
                                              "-10",
                                              "-9.99",
                                              "-1.55",
                                              "-1.5",
                                              "-1",
                                              "-0.99",
                                              "-0.1",
                                              "-0.01",
                                              "-1e-30",
                                              "-1e-31",
                                              "-1e-32",
                                              "-1e-10000",
                                              "0",
                                              "1e-10000",
                                              "1e-32",
                                              "1e-31",
                                              "1e-30",
                                              "0.009",
                                              "0.01",
                                              "0.0100000000001",
                                              "0.1",
                                              "0.10001",
                                              "0.5",
                                              "0.99",
                                              "1",
                                              "1.0001",
                                              "1.01",
                                              "1.1",
                                              "1.5",
                                              "1.55",
                                              "9",
                                              "9.99",
                                              "10",
                                              "10.1",
                                              "99",
                                              "100",
                                              "101",
                                              "1e29",
                                              "1e30",
                                              "1e31",
                                              "123456789012345678901234567890123456789",
                                              "123456789012345678901234567890123456789.1",
                                              "1e10000"};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
    EXPECT_LT(key(ascending[i]), key(ascending[i + 1])) << ascending[i] << " < " << ascending[i + 1];
  }
  EXPECT_LT(decimal_key_minus_infinity(), key(ascending.front()));
  EXPECT_LT(key(ascending.back()), decimal_key_plus_infinity());
}

TEST(DecimalKey, OrdersRandomNumbersAsDoublesDo) {
  std::mt19937 random(7);
  const auto draw = [&random] {
    std::string text = random() % 2 ? "-" : "";
    text += std::to_string(random() % 1000);
    if (random() % 2) text += "." + std::to_string(random() % 1000);
    if (random() % 3 == 0) text += "e" + std::to_string(static_cast<int>(random() % 120) - 60);
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string left = draw(), right = draw();
    const double a = std::strtod(left.c_str(), nullptr), b = std::strtod(right.c_str(), nullptr);
    if (a != b && std::abs(a - b) < 1e-12 * std::abs(a)) continue;  // equal numbers may differ in a double's last bit
    EXPECT_EQ(a < b, key(left) < key(right)) << left << " " << right;
    EXPECT_EQ(a == b, key(left) == key(right)) << left << " " << right;
  }
}

TEST(DecimalKey, IsTheSameForEqualNumbers) {
  EXPECT_EQ(key("1.5"), key("1.50"));
  EXPECT_EQ(key("100"), key("1e2"));
  EXPECT_EQ(key("100"), key("1.00E+2"));
  EXPECT_EQ(key("0"), key("-0.000"));
  EXPECT_EQ(key("0"), key("0e50"));
  EXPECT_EQ(key("-0.05"), key("-5e-2"));
}

// The examples of docs/formats/decimal-key.md: stores hold these bytes.
TEST(DecimalKey, HasTheDocumentedBytes) {
  EXPECT_EQ(key("-1.55"), "\x3E\xEF\xCC\xFF");
  EXPECT_EQ(key("-1.5"), "\x3E\xEF\xFF");
  EXPECT_EQ(key("0"), "\x80");
  EXPECT_EQ(key("0.05"), "\xBF\x33");
  EXPECT_EQ(key("1.5"), "\xC1\x10");
  EXPECT_EQ(key("100"), "\xC3\x0B");
  EXPECT_EQ(key("1e31"), "\xE0\x80\x20\x0B");
}

TEST(DecimalKey, RefusesWhatIsNoDecimal) {
  for (const char* text : {"", "-", "+1", "1.", ".5", "01", "-01", "1e", "1e+", "e5", "1..2", "1,5", " 1", "1 ", "NaN",
                           "0x10", "--1", "1e1.5", "\xC2\xB2"}) {
    EXPECT_FALSE(decimal_key(text)) << text;
    EXPECT_FALSE(implicit_range(text)) << text;
    EXPECT_FALSE(approximate_range(text)) << text;
  }
}

TEST(DecimalKey, HoldsItsLimits) {
  EXPECT_TRUE(decimal_key(std::string(kMaxDecimalDigits, '9')));
  EXPECT_FALSE(decimal_key(std::string(kMaxDecimalDigits + 1, '9')));
  EXPECT_TRUE(decimal_key("1e10000"));
  EXPECT_FALSE(decimal_key("1e10001"));
  EXPECT_TRUE(decimal_key("1e-10000"));
  EXPECT_FALSE(decimal_key("1e-10001"));
  EXPECT_FALSE(decimal_key("1e99999999999999999999"));
  EXPECT_TRUE(implicit_range(std::string(kMaxDecimalDigits, '9')));
}

TEST(ImplicitRange, FollowsThePrecisionOfTheText) {
  struct Case {
    const char *text, *low, *high, *exact;
  };
  for (const Case& c : std::vector<Case>{{"100", "99.5", "100.5", "100"},
                                         {"100.00", "99.995", "100.005", "100"},
                                         {"1e2", "95", "105", "100"},
                                         {"1.0e2", "95", "105", "100"},
                                         {"5.40e-3", "0.005395", "0.005405", "0.0054"},
                                         {"5.4", "5.35", "5.45", "5.4"},
                                         {"-1", "-1.5", "-0.5", "-1"},
                                         {"0", "-0.5", "0.5", "0"},
                                         {"0.08", "0.075", "0.085", "0.08"}}) {
    const auto range = implicit_range(c.text);
    ASSERT_TRUE(range) << c.text;
    EXPECT_EQ(range->low, key(c.low)) << c.text;
    EXPECT_EQ(range->high, key(c.high)) << c.text;
    EXPECT_EQ(range->exact, key(c.exact)) << c.text;
  }
}

TEST(ApproximateRange, IsTenPercentOrTheImplicitRange) {
  struct Case {
    const char *text, *low, *high;
  };
  for (const Case& c :
       std::vector<Case>{{"100", "90", "110"}, {"-100", "-110", "-90"}, {"1", "0.5", "1.5"}, {"0", "-0.5", "0.5"}}) {
    const auto range = approximate_range(c.text);
    ASSERT_TRUE(range) << c.text;
    EXPECT_EQ(range->low, key(c.low)) << c.text;
    EXPECT_EQ(range->high, key(c.high)) << c.text;
  }
}

TEST(ScaledDecimalKey, IsExact) {
  EXPECT_EQ(scaled_decimal_key("2041", "1.612", "2048"), key("5338.092"));
  EXPECT_EQ(scaled_decimal_key("-5", "0.1", "0.5"), key("0"));
  EXPECT_EQ(scaled_decimal_key("08", "1", "0"), std::nullopt);
  EXPECT_EQ(scaled_decimal_key("1e10000", "1", "1e-10000"), std::nullopt);
}

}  // namespace
}  // namespace vesta::search
