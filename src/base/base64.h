// Base64, in its two alphabets. https://www.rfc-editor.org/rfc/rfc4648
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vesta {

// For URLs: '-' and '_', without padding.
void append_base64url(std::string_view bytes, std::string& out);
// nullopt: other characters, or bits that no encoder leaves behind: bytes have one text only.
std::optional<std::string> decode_base64url(std::string_view text);

// With '+' and '/', padded; white space may stand anywhere. https://hl7.org/fhir/R4/datatypes.html#base64Binary
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace vesta
