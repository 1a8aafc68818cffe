// Keys by OpenSSL: made at random, derived, wrapped.
#include "store/sqlite/secret_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>

#include "base/check.h"
#include "store/sqlite/cipher_context.h"

namespace vesta::store::sqlite {
namespace {

struct FreeKdf {
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

CipherContext wrapping_context() {
  CipherContext context = make_cipher_context();
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  return context;
}

}  // namespace

SecretKey SecretKey::random() {
  SecretKey key;
  CHECK(RAND_priv_bytes(key.data(), static_cast<int>(kSecretKeyBytes)) == 1);
  return key;
}

void hkdf(std::span<const unsigned char> key, std::span<const unsigned char> salt, const std::string& info,
          std::span<unsigned char> out) {
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr);
  CHECK(kdf != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(EVP_KDF_CTX_new(kdf));
  CHECK(context != nullptr);
  // OpenSSL's parameters are not const, and are only read here. It takes no salt, but not an empty one.
  const auto bytes = [](const char* name, const void* data, std::size_t size) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(data), size);
  };
  std::string digest = "SHA256";
  const OSSL_PARAM end = OSSL_PARAM_construct_end();
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                   bytes(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
                                   bytes(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
                                   salt.empty() ? end : bytes(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()), end};
  CHECK(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1);
}

WrappedKey wrap_key(const SecretKey& wrapping, const SecretKey& key) {
  const CipherContext context = wrapping_context();
  WrappedKey wrapped{};
  int size = 0;
  CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, wrapping.data(), nullptr) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), wrapped.data(), &size, key.data(), static_cast<int>(kSecretKeyBytes)) == 1);
  CHECK(size == static_cast<int>(kWrappedKeyBytes));
  return wrapped;
}

Result<SecretKey> unwrap_key(const SecretKey& wrapping, const WrappedKey& wrapped) {
  const CipherContext context = wrapping_context();
  std::array<unsigned char, kWrappedKeyBytes> plain{};  // what OpenSSL may write while it works
  int size = 0;
  CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, wrapping.data(), nullptr) == 1);
  const bool fits =
      EVP_DecryptUpdate(context.get(), plain.data(), &size, wrapped.data(), static_cast<int>(kWrappedKeyBytes)) == 1 &&
      size == static_cast<int>(kSecretKeyBytes);
  const SecretKey key{std::span(plain).first<kSecretKeyBytes>()};
  OPENSSL_cleanse(plain.data(), plain.size());
  if (!fits) return make_error(Category::invalid, "the key does not fit");
  return key;
}

}  // namespace vesta::store::sqlite
