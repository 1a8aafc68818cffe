// AES-256-SIV by OpenSSL's EVP.
#include "identity/siv.h"

#include "base/check.h"
#include "identity/cipher.h"

namespace vesta::identity {
namespace {

const EVP_CIPHER* siv_cipher() {
  static const EVP_CIPHER* const found = EVP_CIPHER_fetch(nullptr, "AES-256-SIV", nullptr);  // finding it takes a lock
  return found;
}

}  // namespace

std::string siv_seal(std::string_view key, std::string_view purpose, std::string_view content) {
  CHECK(key.size() == kSivKeyBytes && !content.empty());
  const Cipher context(EVP_CIPHER_CTX_new());
  std::string sealed(kSivTagBytes + content.size(), '\0');
  int length = 0;
  CHECK(context != nullptr);
  CHECK(EVP_EncryptInit_ex(context.get(), siv_cipher(), nullptr, input(key), nullptr) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), nullptr, &length, input(purpose), static_cast<int>(purpose.size())) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), output(sealed) + kSivTagBytes, &length, input(content),
                          static_cast<int>(content.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(context.get(), output(sealed) + kSivTagBytes + length, &length) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kSivTagBytes, output(sealed)) == 1);
  return sealed;
}

std::optional<std::string> siv_open(std::string_view key, std::string_view purpose, std::string_view sealed) {
  CHECK(key.size() == kSivKeyBytes);
  if (sealed.size() <= kSivTagBytes) return std::nullopt;
  const Cipher context(EVP_CIPHER_CTX_new());
  std::string tag(sealed.substr(0, kSivTagBytes));
  const std::string_view content = sealed.substr(kSivTagBytes);
  std::string opened(content.size(), '\0');
  int length = 0;
  CHECK(context != nullptr);
  CHECK(EVP_DecryptInit_ex(context.get(), siv_cipher(), nullptr, input(key), nullptr) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kSivTagBytes, output(tag)) == 1);
  CHECK(EVP_DecryptUpdate(context.get(), nullptr, &length, input(purpose), static_cast<int>(purpose.size())) == 1);
  const bool fits = EVP_DecryptUpdate(context.get(), output(opened), &length, input(content),
                                      static_cast<int>(content.size())) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), output(opened) + length, &length) == 1;
  return fits ? std::optional(std::move(opened)) : std::nullopt;
}

}  // namespace vesta::identity
