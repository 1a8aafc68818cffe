// Parsing of the Idempotency-Key header.
#include "http/idempotency_key.h"

#include <algorithm>

namespace vesta::http {

std::optional<std::string_view> parse_idempotency_key(std::string_view header) {
  const bool is_quoted = header.size() >= 2 && header.front() == '"' && header.back() == '"';
  const std::string_view key = is_quoted ? header.substr(1, header.size() - 2) : header;
  const std::string_view refused = is_quoted ? "\"\\" : "\"\\,;";
  const auto is_of_a_key = [&](char c) { return c > ' ' && c <= '~' && refused.find(c) == std::string_view::npos; };
  if (key.empty() || key.size() > kMaxIdempotencyKey || !std::ranges::all_of(key, is_of_a_key)) return std::nullopt;
  return key;
}

}  // namespace vesta::http
