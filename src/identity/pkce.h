// Proof Key for Code Exchange: the challenge of an authorization request and the verifier of its token request.
// https://www.rfc-editor.org/rfc/rfc7636
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta::identity {

inline constexpr std::size_t kMinCodeVerifierLength = 43;
inline constexpr std::size_t kMaxCodeVerifierLength = 128;
inline constexpr std::size_t kCodeChallengeLength = 43;  // 32 bytes of SHA-256 in base64url

// Is the challenge one that is kept with the code? Errors (invalid): a method other than S256, an absent one too, as it
// would mean `plain`; a challenge that no SHA-256 gives. https://www.rfc-editor.org/rfc/rfc7636#section-4.3
Status check_code_challenge(std::string_view challenge, std::string_view method);

// Errors (invalid): a verifier of another length or other characters than the RFC's, or not this challenge's.
// https://www.rfc-editor.org/rfc/rfc7636#section-4.6
Status verify_code(std::string_view challenge, std::string_view verifier);

// The challenge of a verifier, by S256. https://www.rfc-editor.org/rfc/rfc7636#section-4.2
std::string code_challenge_of(std::string_view verifier);

}  // namespace vesta::identity
