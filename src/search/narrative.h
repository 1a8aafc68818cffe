// The text of a narrative: XHTML without its markup. https://hl7.org/fhir/R4/narrative.html#xhtml
#pragma once

#include <string>
#include <string_view>

namespace vesta::search {

// Appends the text of `xhtml` to `out`: tags and comments become a space, an entity its character or, for the letters
// with an accent, the letter (folding would take the accent off anyway); an unknown one becomes a space. For words, not
// for display. Never fails: what is not well-formed is taken as text.
void append_text_of(std::string_view xhtml, std::string& out);

}  // namespace vesta::search
