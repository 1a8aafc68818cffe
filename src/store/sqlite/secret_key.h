// SecretKey: 32 bytes that are cleansed when they go.
#pragma once

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace vesta::store::sqlite {

inline constexpr std::size_t kSecretKeyBytes = 32;

class SecretKey {
 public:
  SecretKey() = default;  // zeros
  explicit SecretKey(std::span<const unsigned char, kSecretKeyBytes> bytes) {
    for (std::size_t i = 0; i < kSecretKeyBytes; ++i) bytes_[i] = bytes[i];
  }
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  static SecretKey random();

  // In a time that says nothing of where they differ.
  bool operator==(const SecretKey& other) const {
    return CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) == 0;
  }

  const unsigned char* data() const { return bytes_.data(); }
  unsigned char* data() { return bytes_.data(); }

 private:
  std::array<unsigned char, kSecretKeyBytes> bytes_{};
};

// Of texts that held a key.
inline void cleanse(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
}

// HKDF-SHA-256. https://www.rfc-editor.org/rfc/rfc5869
void hkdf(std::span<const unsigned char> key, std::span<const unsigned char> salt, const std::string& info,
          std::span<unsigned char> out);

// AES key wrap, which also shows whether the wrapping key is the right one. https://www.rfc-editor.org/rfc/rfc3394
inline constexpr std::size_t kWrappedKeyBytes = kSecretKeyBytes + 8;
using WrappedKey = std::array<unsigned char, kWrappedKeyBytes>;
WrappedKey wrap_key(const SecretKey& wrapping, const SecretKey& key);
// Errors: invalid: another key has wrapped it, or it was changed.
Result<SecretKey> unwrap_key(const SecretKey& wrapping, const WrappedKey& wrapped);

}  // namespace vesta::store::sqlite
