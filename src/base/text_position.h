// Where a byte of a text stands, for messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vesta {

// "line 3, column 14" of a byte offset; columns count bytes from 1.
std::string describe_position(std::string_view text, std::size_t offset);

}  // namespace vesta
