// For the files that encrypt: a cipher's context of OpenSSL, and texts as its bytes.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace vesta::identity {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

inline const unsigned char* input(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

inline unsigned char* output(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace vesta::identity
