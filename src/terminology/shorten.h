// shorten: outside text for error messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace vesta::terminology {

inline constexpr std::size_t kMaxQuotedBytes = 200;

// The text, or its beginning (whole characters) and three dots.
inline std::string shorten(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return std::string(text);
  const std::string_view begin = text.substr(0, kMaxQuotedBytes);
  return std::string(begin.substr(0, valid_utf8_prefix(begin))) + "...";
}

}  // namespace vesta::terminology
