// SIV: deterministic authenticated encryption, for texts that must have one sealed form each. (Library: OpenSSL.)
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vesta::identity {

inline constexpr std::size_t kSivKeyBytes = 64;  // two AES-256 keys
inline constexpr std::size_t kSivTagBytes = 16;

// AES-256-SIV without a nonce: the same content, key and purpose always give the same bytes, which tells that two
// contents are equal and nothing else. https://www.rfc-editor.org/rfc/rfc5297
// `content` is not empty. What comes out is longer by kSivTagBytes.
std::string siv_seal(std::string_view key, std::string_view purpose, std::string_view content);
// nullopt: altered, or of another key or purpose.
std::optional<std::string> siv_open(std::string_view key, std::string_view purpose, std::string_view sealed);

}  // namespace vesta::identity
