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

// What is done with a set that has a key which Jwk::parse_public refuses, or two of one id that allow the same
// algorithm. skipped: the other keys are good all the same, also those without a `kid`, and nothing is verified by what
// is wrong: for sets of who publishes keys for many readers, not for us alone.
enum class WrongKeys { refused, skipped };

// Errors: too_large; invalid: no JWK Set, wrong keys, or none to verify signatures by.
Result<Keys> parse_jwks(std::string_view text, WrongKeys wrong = WrongKeys::refused);

// {"keys":[…]}, of public parts only.
std::string write_jwks(std::span<const std::shared_ptr<const Jwk>> keys);

}  // namespace vesta::identity
