// Upper and lower case of letters, and the characters of a UTF-8 text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vesta::fhirpath {

// Of Latin (Basic, Latin-1, Extended-A), Greek and Cyrillic letters whose other form is one character; all else stays.
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);

// Of well-formed UTF-8.
std::size_t character_count(std::string_view text);
// The byte at which the character with this index begins; text.size() behind the last.
std::size_t character_offset(std::string_view text, std::size_t index);

}  // namespace vesta::fhirpath
