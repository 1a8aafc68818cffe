// UTF-8: is a text well-formed?
#pragma once

#include <cstddef>
#include <string_view>

namespace vesta {

// RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF. NUL is well-formed.
bool valid_utf8(std::string_view text);
// The number of bytes before the first that is not well-formed; text.size() if there is none.
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace vesta
