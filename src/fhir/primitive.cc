// The lexical forms of FHIR's primitive types, one function each, after the regular expressions of the specification.
#include "fhir/primitive.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/words.h"
#include "fhir/datetime.h"

namespace vesta::fhir {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}
constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// OPTIMIZATION: looks at eight bytes at a time.
bool has_byte_below(std::string_view text, unsigned char limit) {
  if (text.size() < sizeof(std::uint64_t)) {
    return std::any_of(text.begin(), text.end(), [limit](char c) { return static_cast<unsigned char>(c) < limit; });
  }
  return any_word(text, [limit](std::uint64_t word) { return vesta::has_byte_below(word, limit); });
}

constexpr unsigned char kFirstPrintable = 0x20;  // below are control characters
constexpr unsigned char kFirstVisible = 0x21;    // and the space

// [ \r\n\t\S]+ without control characters.
bool is_string(std::string_view text) {
  if (text.empty()) return false;
  return !has_byte_below(text, kFirstPrintable) || std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= kFirstPrintable || c == '\t' || c == '\n' || c == '\r';
  });
}

// [^\s]+(\s[^\s]+)*
bool is_code(std::string_view text) {
  if (text.empty()) return false;
  if (!has_byte_below(text, kFirstVisible)) return true;
  if (is_space(text.front()) || is_space(text.back())) return false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (is_space(text[at]) && is_space(text[at - 1])) return false;
  }
  return is_string(text);
}

// \S* (an empty value is no value)
bool is_uri(std::string_view text) {
  return !text.empty() && !has_byte_below(text, kFirstVisible);
}

bool is_integer(std::string_view text, std::int64_t lowest) {
  if (text.size() > 1 && (text[0] == '0' || text.starts_with("-0"))) return false;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= lowest &&
         value <= std::numeric_limits<std::int32_t>::max();
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_decimal(std::string_view text) {
  std::size_t at = 0;
  auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - first;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool starts_with_zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (starts_with_zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.' && (++at, digits() == 0)) return false;
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// urn:oid:[0-2](\.(0|[1-9][0-9]*))+
bool is_oid(std::string_view text) {
  if (!text.starts_with("urn:oid:")) return false;
  text.remove_prefix(8);
  if (text.empty() || text[0] < '0' || text[0] > '2') return false;
  std::size_t at = 1;
  if (at == text.size()) return false;
  while (at < text.size()) {
    if (text[at++] != '.') return false;
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == first || (text[first] == '0' && at - first > 1)) return false;
  }
  return true;
}

// urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
bool is_uuid(std::string_view text) {
  if (!text.starts_with("urn:uuid:") || text.size() != 9 + 36) return false;
  text.remove_prefix(9);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (is_dash ? text[at] != '-' : !(is_digit(text[at]) || (text[at] >= 'a' && text[at] <= 'f'))) return false;
  }
  return true;
}

// (\s*([0-9a-zA-Z\+\/=]){4}\s*)+
bool is_base64(std::string_view text) {
  std::size_t count = 0, padding = 0;
  for (char c : text) {
    if (is_space(c)) continue;
    if (c == '=') {
      ++padding;
    } else if ((!is_alphanumeric(c) && c != '+' && c != '/') || padding > 0) {
      return false;
    }
    ++count;
  }
  return count > 0 && count % 4 == 0 && padding <= 2;
}

bool is_two_digits(std::string_view text, int most) {
  return is_digit(text[0]) && is_digit(text[1]) && (text[0] - '0') * 10 + (text[1] - '0') <= most;
}

// ([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?
bool is_time(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':' || !is_two_digits(text, 23) ||
      !is_two_digits(text.substr(3), 59) || !is_two_digits(text.substr(6), 60)) {
    return false;
  }
  if (text.size() == 8) return true;
  return text[8] == '.' && text.size() > 9 && std::all_of(text.begin() + 9, text.end(), is_digit);
}

// Dates with a time need seconds and a zone: parse_time_range is more lenient, as searches are.
bool is_instant(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || !parse_time_range(text)) return false;
  std::string_view time = text.substr(11);
  if (time.back() == 'Z') {
    time.remove_suffix(1);
  } else {
    if (time.size() < 14 || (time[time.size() - 6] != '+' && time[time.size() - 6] != '-')) return false;
    time.remove_suffix(6);
  }
  return is_time(time);
}

bool is_date(std::string_view text) {
  return (text.size() == 4 || text.size() == 7 || text.size() == 10) && parse_time_range(text).has_value();
}

}  // namespace

bool is_id(std::string_view text) {
  static constexpr std::array<bool, 256> kAllowed = [] {
    std::array<bool, 256> allowed{};
    for (int c = 0; c < 128; ++c) {
      allowed[static_cast<std::size_t>(c)] = is_alphanumeric(static_cast<char>(c)) || c == '-' || c == '.';
    }
    return allowed;
  }();
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return kAllowed[static_cast<unsigned char>(c)]; });
}

bool has_form(Primitive primitive, std::string_view text) {
  switch (primitive) {
    case Primitive::none:
      return false;
    case Primitive::boolean:
      return text == "true" || text == "false";
    case Primitive::integer:
      return is_integer(text, std::numeric_limits<std::int32_t>::min());
    case Primitive::unsigned_int:
      return is_integer(text, 0);
    case Primitive::positive_int:
      return is_integer(text, 1);
    case Primitive::decimal:
      return is_decimal(text);
    case Primitive::string:
    case Primitive::markdown:
    case Primitive::xhtml:
      return is_string(text);
    case Primitive::code:
      return is_code(text);
    case Primitive::id:
      return is_id(text);
    case Primitive::uri:
    case Primitive::url:
    case Primitive::canonical:
      return is_uri(text);
    case Primitive::oid:
      return is_oid(text);
    case Primitive::uuid:
      return is_uuid(text);
    case Primitive::base64_binary:
      return is_base64(text);
    case Primitive::date:
      return is_date(text);
    case Primitive::date_time:
      return is_date(text) || is_instant(text);
    case Primitive::instant:
      return is_instant(text);
    case Primitive::time:
      return is_time(text);
  }
  return false;
}

std::string_view describe_form(Primitive primitive) {
  switch (primitive) {
    case Primitive::none:
      return "no value";
    case Primitive::boolean:
      return "true or false";
    case Primitive::integer:
      return "a whole number of 32 bits";
    case Primitive::unsigned_int:
      return "a whole number from 0 to 2147483647";
    case Primitive::positive_int:
      return "a whole number from 1 to 2147483647";
    case Primitive::decimal:
      return "a decimal number";
    case Primitive::string:
    case Primitive::markdown:
    case Primitive::xhtml:
      return "a string that is not empty and has no control characters";
    case Primitive::code:
      return "a code: no white space at its ends, single spaces inside";
    case Primitive::id:
      return "an id: 1 to 64 letters, digits, '-' and '.'";
    case Primitive::uri:
    case Primitive::url:
    case Primitive::canonical:
      return "a URI without white space";
    case Primitive::oid:
      return "an OID as urn:oid:1.2.3";
    case Primitive::uuid:
      return "a UUID as urn:uuid: and lower-case hexadecimal digits";
    case Primitive::base64_binary:
      return "base64 text";
    case Primitive::date:
      return "a date: YYYY, YYYY-MM or YYYY-MM-DD";
    case Primitive::date_time:
      return "a dateTime: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone";
    case Primitive::instant:
      return "an instant: YYYY-MM-DDThh:mm:ss with a time zone";
    case Primitive::time:
      return "a time: hh:mm:ss";
  }
  return "";
}

}  // namespace vesta::fhir
