// Decimal: significant digits and magnitude, compared as text.
#include "fhirpath/decimal.h"

#include <algorithm>

namespace vesta::fhirpath {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The next digit of `digits`, skipping the point; 0 behind the last.
char next_digit(std::string_view digits, std::size_t& at) {
  if (at < digits.size() && digits[at] == '.') ++at;
  return at < digits.size() ? digits[at++] : '0';
}

std::optional<std::int64_t> parse_exponent(std::string_view text) {
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = std::min(value * 10 + (c - '0'), kMaxDecimalExponent);
  }
  return negative ? -value : value;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    number.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::int64_t exponent = 0;
  if (std::size_t mark = text.find_first_of("eE"); mark != std::string_view::npos) {
    std::optional<std::int64_t> parsed = parse_exponent(text.substr(mark + 1));
    if (!parsed) return std::nullopt;
    exponent = *parsed;
    text = text.substr(0, mark);
  }
  std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || !std::all_of(whole.begin(), whole.end(), is_digit)) return std::nullopt;
  if (point != std::string_view::npos && fraction.empty()) return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;

  std::size_t first = text.find_first_not_of("0.");
  if (first == std::string_view::npos) return Decimal{};  // zero has no sign
  std::size_t last = text.find_last_not_of("0.");
  number.digits = text.substr(first, last - first + 1);
  std::int64_t place = static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(first);
  if (first > whole.size()) ++place;  // the point stands before the first digit
  number.magnitude = place + exponent;
  return number;
}

std::strong_ordering compare(const Decimal& left, const Decimal& right) {
  int left_sign = left.digits.empty() ? 0 : (left.negative ? -1 : 1);
  int right_sign = right.digits.empty() ? 0 : (right.negative ? -1 : 1);
  if (left_sign != right_sign || left_sign == 0) return left_sign <=> right_sign;
  std::strong_ordering size = left.magnitude <=> right.magnitude;
  std::size_t left_at = 0;
  std::size_t right_at = 0;
  while (size == 0 && (left_at < left.digits.size() || right_at < right.digits.size())) {
    size = next_digit(left.digits, left_at) <=> next_digit(right.digits, right_at);
  }
  if (left_sign > 0 || size == 0) return size;
  return size < 0 ? std::strong_ordering::greater : std::strong_ordering::less;
}

std::uint64_t hash_decimal(const Decimal& number) {
  std::uint64_t hash = 1469598103934665603u;
  auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 1099511628211u; };
  if (number.digits.empty()) return hash;
  mix(number.negative ? 1 : 0);
  mix(static_cast<std::uint64_t>(number.magnitude));
  for (char c : number.digits) {
    if (c != '.') mix(static_cast<unsigned char>(c));
  }
  return hash;
}

}  // namespace vesta::fhirpath
