// Opaque secrets: refresh tokens, session ids, client secrets. The store keeps their digests only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace vesta::identity {

inline constexpr std::size_t kSecretBytes = 32;  // 256 bits: nobody guesses one, so that a plain digest hides it

// Base64url, 43 characters.
std::string new_secret(Random& random);
// What is stored of a secret: its SHA-256, base64url. It needs neither salt nor stretching, as passwords do: a secret
// of 256 random bits stands in no list, and trying all is hopeless.
std::string digest_of_secret(std::string_view secret);
// True if `digest` is the secret's; in the same time wherever they differ.
bool is_digest_of(std::string_view secret, std::string_view digest);

}  // namespace vesta::identity
