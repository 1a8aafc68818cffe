// S256 and nothing else: a challenge that is its own verifier protects from nobody who reads the request.
#include "identity/pkce.h"

#include <algorithm>

#include "base/base64.h"
#include "identity/digest.h"

namespace vesta::identity {
namespace {

// https://www.rfc-editor.org/rfc/rfc7636#section-4.1
bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

Status check_code_challenge(std::string_view challenge, std::string_view method) {
  if (method != "S256") return make_error(Category::invalid, "code_challenge_method must be S256");
  if (challenge.size() != kCodeChallengeLength || !decode_base64url(challenge)) {
    return make_error(Category::invalid, "code_challenge is not a SHA-256 in base64url");
  }
  return kOk;
}

Status verify_code(std::string_view challenge, std::string_view verifier) {
  if (verifier.size() < kMinCodeVerifierLength || verifier.size() > kMaxCodeVerifierLength) {
    return make_error(Category::invalid, "code_verifier must have 43 to 128 characters");
  }
  if (!std::ranges::all_of(verifier, is_unreserved)) {
    return make_error(Category::invalid, "code_verifier has a character that it must not have");
  }
  if (!equal_in_constant_time(code_challenge_of(verifier), challenge)) {
    return make_error(Category::invalid, "code_verifier is not that of code_challenge");
  }
  return kOk;
}

std::string code_challenge_of(std::string_view verifier) {
  return base64url(sha256(verifier));
}

}  // namespace vesta::identity
