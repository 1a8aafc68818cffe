// JWK Sets: the public keys that a client or another identity provider publishes, and our own.
// https://www.rfc-editor.org/rfc/rfc7517#section-5
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/jwk.h"

namespace vesta::identity {

inline constexpr std::size_t kMaxJwksBytes = 64 * 1024;
inline constexpr std::size_t kMaxJwksKeys = 32;  // of all kinds

// Errors: too_large; invalid: no JWK Set, a key that Jwk::parse_public refuses, two of one id that allow the same
// algorithm, or none to verify signatures by.
Result<Keys> parse_jwks(std::string_view text);

// {"keys":[…]}, of public parts only.
std::string write_jwks(std::span<const std::shared_ptr<const Jwk>> keys);

}  // namespace vesta::identity
