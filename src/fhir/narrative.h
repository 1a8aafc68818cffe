// The rules for the XHTML of a narrative. https://hl7.org/fhir/R4/narrative.html#rules
#pragma once

#include <cstddef>
#include <string_view>

namespace vesta::fhir {

// Of a longer one the buffers are given back; those of others stay with the thread.
inline constexpr std::size_t kMaxKeptNarrative = 1 << 20;

// What the invariants txt-1 and txt-2 ask of Narrative.div: well-formed XHTML whose root is a <div>, with the elements
// and attributes that serve formatting, links and images only, without scripts, and not without content.
bool is_narrative(std::string_view div);

}  // namespace vesta::fhir
