// Folding of strings for search: case and accents, by Unicode (ICU). https://hl7.org/fhir/R4/search.html#string
#pragma once

#include <string>
#include <string_view>

namespace vesta::search {

// Case folded, decomposed, without combining marks, runs of white space as one space, trimmed. Appends to `out`.
// ASCII text takes a fast path without ICU. `text` is valid UTF-8.
void fold(std::string_view text, std::string& out);

}  // namespace vesta::search
