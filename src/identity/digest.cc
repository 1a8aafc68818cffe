// SHA-256, HMAC of SHA-1 and SHA-256, and CRYPTO_memcmp of OpenSSL.
#include "identity/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/base64.h"
#include "base/check.h"

namespace vesta::identity {
namespace {

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kSha1Bytes = 20;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::string sha256(std::string_view bytes) {
  return sha256(std::span(&bytes, 1));
}

// OPTIMIZATION: with each request; finding the algorithm takes locks, and making a context costs more than the digest.
std::string sha256(std::span<const std::string_view> parts) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, OSSL_DIGEST_NAME_SHA2_256, nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  std::string digest(kSha256Bytes, '\0');
  CHECK(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1);
  for (const std::string_view part : parts) CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context.get(), bytes_of(digest), nullptr) == 1);
  return digest;
}

std::string hmac_sha1(std::string_view key, std::string_view bytes) {
  std::string digest(kSha1Bytes, '\0');
  CHECK(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), bytes_of(digest),
             nullptr) != nullptr);
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), bytes_of(digest),
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
