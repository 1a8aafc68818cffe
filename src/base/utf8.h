// UTF-8: is a text well-formed?
#pragma once

#include <string_view>

namespace vesta {

// RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF. NUL is well-formed.
bool valid_utf8(std::string_view text);

}  // namespace vesta
