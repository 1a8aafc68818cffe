// Pieces of the text of decimal numbers that several modules read.
#pragma once

#include <string_view>

namespace vesta {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits behind `e`, with an optional sign, to the end of the text. False: something else, or more than `limit`.
constexpr bool parse_exponent(std::string_view text, int limit, int& exponent) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  int value = 0;
  for (char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
    if (value > limit) return false;
  }
  exponent = negative ? -value : value;
  return true;
}

}  // namespace vesta
