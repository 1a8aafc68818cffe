// Making, digesting and comparing of opaque secrets.
#include "identity/tokens.h"

#include "identity/digest.h"

namespace vesta::identity {

std::string new_secret(Random& random) {
  return base64url(random_bytes(random, kSecretBytes));
}

std::string digest_of_secret(std::string_view secret) {
  return base64url(sha256(secret));
}

bool is_digest_of(std::string_view secret, std::string_view digest) {
  return equal_in_constant_time(digest_of_secret(secret), digest);
}

}  // namespace vesta::identity
