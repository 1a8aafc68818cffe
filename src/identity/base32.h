// Base32, as apps for one-time codes read secrets: without padding. https://www.rfc-editor.org/rfc/rfc4648#section-6
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vesta::identity {

std::string encode_base32(std::string_view bytes);
// Lower case is taken for upper case: people type these. nullopt: other characters, or bits that no encoder leaves.
std::optional<std::string> decode_base32(std::string_view text);

}  // namespace vesta::identity
