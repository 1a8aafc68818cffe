// The Idempotency-Key header. https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vesta::http {

inline constexpr std::size_t kMaxIdempotencyKey = 255;  // characters

// The key, as a quoted string, which is how the draft has it, or as a bare word: both mean the same key. nullopt: it is
// empty, longer than kMaxIdempotencyKey, or has anything but visible ASCII characters; quotes, backslashes and, in a
// bare one, what separates parts of a header are none of a key.
std::optional<std::string_view> parse_idempotency_key(std::string_view header);

}  // namespace vesta::http
