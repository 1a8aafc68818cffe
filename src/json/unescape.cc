// JSON string escapes to UTF-8.
#include "json/unescape.h"

#include <cstdint>
#include <cstring>

namespace vesta::json {

namespace {

// The four hexadecimal digits at `at`, or nullopt.
std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return std::nullopt;
    }
    value = value << 4 | digit;
  }
  return value;
}

char* write_utf8(std::uint32_t point, char* out) {
  if (point < 0x80) {
    *out++ = static_cast<char>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<char>(0xC0 | point >> 6);
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    *out++ = static_cast<char>(0xE0 | point >> 12);
    *out++ = static_cast<char>(0x80 | (point >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | point >> 18);
    *out++ = static_cast<char>(0x80 | (point >> 12 & 0x3F));
    *out++ = static_cast<char>(0x80 | (point >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  }
  return out;
}

// The code point of a \u escape whose digits start at `at`; moves `at` behind it (and behind a second surrogate).
std::optional<std::uint32_t> unicode_escape(std::string_view text, std::size_t& at) {
  const std::optional<std::uint32_t> first = hex4(text, at);
  if (!first) return std::nullopt;
  at += 4;
  if (*first < 0xD800 || *first > 0xDFFF) return first;
  if (*first > 0xDBFF || at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  const std::optional<std::uint32_t> second = hex4(text, at + 2);
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return std::nullopt;
  at += 6;
  return 0x10000 + (((*first - 0xD800) << 10) | (*second - 0xDC00));
}

}  // namespace

std::optional<std::size_t> unescape(std::string_view text, char* target) {
  char* out = target;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c != '\\') {
      *out++ = c;
      continue;
    }
    if (at == text.size()) return std::nullopt;
    switch (text[at++]) {
      case '"':
        *out++ = '"';
        break;
      case '\\':
        *out++ = '\\';
        break;
      case '/':
        *out++ = '/';
        break;
      case 'b':
        *out++ = '\b';
        break;
      case 'f':
        *out++ = '\f';
        break;
      case 'n':
        *out++ = '\n';
        break;
      case 'r':
        *out++ = '\r';
        break;
      case 't':
        *out++ = '\t';
        break;
      case 'u': {
        const std::optional<std::uint32_t> point = unicode_escape(text, at);
        if (!point) return std::nullopt;
        out = write_utf8(*point, out);
        break;
      }
      default:
        return std::nullopt;
    }
  }
  return static_cast<std::size_t>(out - target);
}

}  // namespace vesta::json
