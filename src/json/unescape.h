// JSON string escapes to UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vesta::json {

// Writes `text` (the content between the quotes) unescaped to `target`, which has room for text.size() bytes: an escape
// is never shorter than what it stands for. The number of bytes written, or nullopt for an unknown escape or a lone
// surrogate. https://www.rfc-editor.org/rfc/rfc8259#section-7
std::optional<std::size_t> unescape(std::string_view text, char* target);

}  // namespace vesta::json
