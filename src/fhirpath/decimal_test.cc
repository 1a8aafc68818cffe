// Decimals: comparison by text, exact for any number of digits.
#include "fhirpath/decimal.h"

#include <gtest/gtest.h>

#include <string>

namespace vesta::fhirpath {
namespace {

char order_of(std::string_view left, std::string_view right) {
  auto left_number = parse_decimal(left);
  auto right_number = parse_decimal(right);
  if (!left_number || !right_number) return '?';
  auto order = compare(*left_number, *right_number);
  if (order == 0 && hash_decimal(*left_number) != hash_decimal(*right_number)) return '#';
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}

TEST(Decimal, ComparesByValue) {
  const struct {
    std::string_view left;
    char order;
    std::string_view right;
  } kCases[] = {{"1.50", '=', "1.5"},
                {"15e-1", '=', "1.5"},
                {"0.15E1", '=', "1.5"},
                {"0", '=', "-0.00"},
                {"0e5", '=', "0"},
                {"1", '<', "2"},
                {"10", '>', "9"},
                {"1.05", '<', "1.5"},
                {"-1", '<', "0"},
                {"-1", '<', "1"},
                {"-2", '<', "-1"},
                {"-0.1", '>', "-1"},
                {"100", '=', "1e2"},
                {"100", '=', "1E+2"},
                {"0.001", '=', "1e-3"},
                {"0.00100", '<', "0.0011"},
                {"00012.3", '=', "12.30"},
                {"10.01", '>', "10.001"},
                {"101", '>', "100.9"},
                {"1e999999999999", '>', "1e9"},
                {"123456789012345678901234567890.1", '<', "123456789012345678901234567890.2"},
                {"0.1000000000000000000000000000001", '>', "0.1"}};
  for (const auto& one : kCases) {
    EXPECT_EQ(order_of(one.left, one.right), one.order) << one.left << " and " << one.right;
    char reverse = one.order == '<' ? '>' : one.order == '>' ? '<' : one.order;
    EXPECT_EQ(order_of(one.right, one.left), reverse) << one.right << " and " << one.left;
  }
}

TEST(Decimal, AgreesWithIntegersOfAllMagnitudes) {
  for (int left = -1050; left <= 1050; left += 7) {
    for (int right = -1050; right <= 1050; right += 11) {
      char wanted = left < right ? '<' : left > right ? '>' : '=';
      ASSERT_EQ(order_of(std::to_string(left), std::to_string(right)), wanted);
      // The same numbers over a hundred: 12 becomes 12e-2.
      ASSERT_EQ(order_of(std::to_string(left) + "e-2", std::to_string(right) + "0e-3"), wanted);
    }
  }
}

TEST(Decimal, RefusesOtherTexts) {
  for (std::string_view text :
       {"", "-", ".", ".5", "5.", "1e", "1e+", "a", "1a", "1 ", " 1", "1.2.3", "1e1.5", "--1"}) {
    EXPECT_FALSE(parse_decimal(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace vesta::fhirpath
