// Percent-encoding and query strings. https://www.rfc-editor.org/rfc/rfc3986#section-2.1
#include <algorithm>
#include <cstddef>

#include "base/utf8.h"
#include "http/ascii.h"
#include "http/message.h"

namespace vesta::http {
namespace {

enum class Plus { literal, space };

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_unreserved(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus == Plus::space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    decoded.push_back(c);
  }
  if (!valid_utf8(decoded)) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<std::vector<Parameter>> parse_query(std::string_view query) {
  std::vector<Parameter> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;  // "a=1&&b=2" and a trailing '&' are common and harmless
    if (parameters.size() == kMaxQueryParameters) return std::nullopt;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = decode(pair.substr(0, equals), Plus::space);
    std::optional<std::string> value = decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space);
    if (!name || !value) return std::nullopt;
    parameters.push_back({std::move(*name), std::move(*value)});
  }
  return parameters;
}

std::string query_defect(std::string_view query) {
  constexpr std::size_t kMaxShownName = 64;
  std::size_t position = 0;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    ++position;
    if (parse_query(pair)) continue;
    const std::string_view name = pair.substr(0, std::min(pair.find('='), pair.size()));
    std::string defect = "parameter " + std::to_string(position);
    // As it was sent: what its escapes mean may be what is broken.
    if (name.size() <= kMaxShownName && name.find('\0') == std::string_view::npos && valid_utf8(name)) {
      defect += " '" + std::string(name) + "'";
    }
    return defect + " has a broken percent escape, a NUL or bytes that are not UTF-8";
  }
  return "it has more than " + std::to_string(kMaxQueryParameters) + " parameters";
}

std::string percent_encode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 4);
  for (char c : text) {
    if (is_unreserved(c)) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.push_back('%');
    encoded.push_back(kHex[byte >> 4]);
    encoded.push_back(kHex[byte & 15]);
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  return decode(text, Plus::literal);
}

}  // namespace vesta::http
