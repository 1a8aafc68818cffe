// Base64, in its two alphabets. https://www.rfc-editor.org/rfc/rfc4648
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vesta {

// Of the standard, '+' and '/'; for URLs, '-' and '_'.
enum class Base64 { standard, url };

// Padded.
std::string encode_base64(std::string_view bytes, Base64 alphabet);
// With or without padding, whatever bits are left at the end. nullopt: other characters, or one digit too many.
std::optional<std::string> decode_any_base64(std::string_view text, Base64 alphabet);

// For URLs, without padding.
void append_base64url(std::string_view bytes, std::string& out);
// nullopt: other characters, or bits that no encoder leaves behind: bytes have one text only.
std::optional<std::string> decode_base64url(std::string_view text);

// Of the standard, padded, with no bits left; white space may stand anywhere.
// https://hl7.org/fhir/R4/datatypes.html#base64Binary
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace vesta
