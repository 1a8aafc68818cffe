// SHA-256, HMAC-SHA-1 and CRYPTO_memcmp of OpenSSL.
#include "identity/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdint>

#include "base/base64.h"
#include "base/check.h"

namespace vesta::identity {
namespace {

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kSha1Bytes = 20;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  CHECK(EVP_Digest(bytes.data(), bytes.size(), bytes_of(digest), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

std::string hmac_sha1(std::string_view key, std::string_view bytes) {
  std::string digest(kSha1Bytes, '\0');
  CHECK(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), bytes_of(digest),
             nullptr) != nullptr);
  return digest;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string random_bytes(Random& random, std::size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    const std::uint64_t word = random.bits();
    bytes.append(reinterpret_cast<const char*>(&word), std::min(sizeof(word), count - bytes.size()));
  }
  return bytes;
}

std::string base64url(std::string_view bytes) {
  std::string text;
  append_base64url(bytes, text);
  return text;
}

}  // namespace vesta::identity
