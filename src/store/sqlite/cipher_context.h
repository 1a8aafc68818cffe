// OpenSSL's context of a cipher, which forgets its key when it is freed.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "base/check.h"

namespace vesta::store::sqlite {

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

inline CipherContext make_cipher_context() {
  CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  return context;
}

}  // namespace vesta::store::sqlite
