// Digests and comparisons that take the same time wherever two texts differ. (Library: OpenSSL.)
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace vesta::identity {

// 32 bytes. https://csrc.nist.gov/pubs/fips/180-4/upd1/final
std::string sha256(std::string_view bytes);
// Of the parts, one behind the other.
std::string sha256(std::span<const std::string_view> parts);
// 20 bytes: what RFC 6238 asks for, and nothing else may use. https://www.rfc-editor.org/rfc/rfc2104
std::string hmac_sha1(std::string_view key, std::string_view bytes);

// 32 bytes. https://www.rfc-editor.org/rfc/rfc2104
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// The time tells the lengths, which are no secret, and nothing of the content.
bool equal_in_constant_time(std::string_view left, std::string_view right);

// `count` bytes of chance.
std::string random_bytes(Random& random, std::size_t count);

// Base64url without padding.
std::string base64url(std::string_view bytes);

}  // namespace vesta::identity
