// Pages and sectors by OpenSSL's EVP.
#include "store/sqlite/page_cipher.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kSaltAt = 4;
constexpr std::size_t kCounterAt = kSaltAt + kSaltBytes;
constexpr std::size_t kTagAt = kCounterAt + 8;
constexpr std::size_t kXtsTweakBytes = 16;

// Finding an algorithm takes a lock.
const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* const found = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return found;
}
const EVP_CIPHER* xts() {
  static const EVP_CIPHER* const found = EVP_CIPHER_fetch(nullptr, "AES-256-XTS", nullptr);
  return found;
}

void put_number(std::uint64_t number, std::size_t bytes, unsigned char* out) {
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<unsigned char>(number >> (8 * (bytes - 1 - i)));
}
std::uint32_t number_at(const unsigned char* in) {
  return std::uint32_t{in[0]} << 24 | std::uint32_t{in[1]} << 16 | std::uint32_t{in[2]} << 8 | std::uint32_t{in[3]};
}

std::array<unsigned char, kNonceBytes> nonce_of(const unsigned char* trailer) {
  std::array<unsigned char, kNonceBytes> nonce{};
  std::copy_n(trailer + kCounterAt, 8, nonce.begin() + 4);
  return nonce;
}
std::array<unsigned char, 9> text_of(Place place) {
  std::array<unsigned char, 9> text{};
  text[0] = static_cast<unsigned char>(place.kind);
  put_number(place.offset, 8, text.data() + 1);
  return text;
}

}  // namespace

PageKeys::PageKeys(DataKeys keys, std::string purpose) : keys_(std::move(keys)), purpose_(std::move(purpose)) {
  CHECK(keys_.keys.contains(keys_.current));
  CHECK(RAND_bytes(salt_.data(), static_cast<int>(salt_.size())) == 1);
}

std::optional<SecretKey> PageKeys::find(std::uint32_t number, const Salt& salt) {
  const auto data_key = keys_.keys.find(number);
  if (data_key == keys_.keys.end()) return std::nullopt;
  const MutexLock lock(mutex_);
  const auto known = derived_.find({number, salt});
  if (known != derived_.end()) return known->second;
  SecretKey key;
  hkdf({data_key->second.data(), kSecretKeyBytes}, salt, purpose_, {key.data(), kSecretKeyBytes});
  if (derived_.size() >= kMaxDerived) derived_.clear();
  derived_.emplace(std::pair(number, salt), key);
  return key;
}

PageCipher::PageCipher(PageKeys& keys) : keys_(keys), sealing_(make_cipher_context()), opening_(make_cipher_context()) {
  const std::optional<SecretKey> key = keys.find(keys.number(), keys.salt());
  CHECK(key.has_value());
  CHECK(EVP_EncryptInit_ex(sealing_.get(), gcm(), nullptr, key->data(), nullptr) == 1);
  CHECK(EVP_DecryptInit_ex(opening_.get(), gcm(), nullptr, nullptr, nullptr) == 1);
}

void PageCipher::seal(Place place, const unsigned char* in, std::size_t size, unsigned char* out,
                      unsigned char* trailer) {
  put_number(keys_.number(), 4, trailer);
  std::copy(keys_.salt().begin(), keys_.salt().end(), trailer + kSaltAt);
  put_number(keys_.next_counter(), 8, trailer + kCounterAt);
  const auto nonce = nonce_of(trailer);
  const auto about = text_of(place);
  int length = 0;
  EVP_CIPHER_CTX* const context = sealing_.get();
  CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
  CHECK(EVP_EncryptUpdate(context, nullptr, &length, about.data(), static_cast<int>(about.size())) == 1);
  CHECK(EVP_EncryptUpdate(context, out, &length, in, static_cast<int>(size)) == 1);
  CHECK(EVP_EncryptFinal_ex(context, out + length, &length) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, trailer + kTagAt) == 1);
}

PageCipher::Opened PageCipher::open(Place place, const unsigned char* in, std::size_t size,
                                    const unsigned char* trailer, unsigned char* out) {
  std::pair<std::uint32_t, PageKeys::Salt> wanted{number_at(trailer), {}};
  std::copy_n(trailer + kSaltAt, kSaltBytes, wanted.second.begin());
  EVP_CIPHER_CTX* const context = opening_.get();
  if (opening_key_ != wanted) {
    const std::optional<SecretKey> key = keys_.find(wanted.first, wanted.second);
    if (!key.has_value()) return keys_.may_be_later(wanted.first) ? Opened::unknown_key : Opened::damaged;
    CHECK(EVP_DecryptInit_ex(context, nullptr, nullptr, key->data(), nullptr) == 1);
    opening_key_ = wanted;
  }
  const auto nonce = nonce_of(trailer);
  const auto about = text_of(place);
  std::array<unsigned char, kTagBytes> tag{};  // OpenSSL's parameter is not const
  std::copy_n(trailer + kTagAt, kTagBytes, tag.begin());
  int length = 0;
  CHECK(EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  CHECK(EVP_DecryptUpdate(context, nullptr, &length, about.data(), static_cast<int>(about.size())) == 1);
  const bool fits = EVP_DecryptUpdate(context, out, &length, in, static_cast<int>(size)) == 1 &&
                    EVP_DecryptFinal_ex(context, out + length, &length) == 1;
  return fits ? Opened::ok : Opened::damaged;
}

SectorCipher::SectorCipher() : sealing_(make_cipher_context()), opening_(make_cipher_context()) {
  std::array<unsigned char, 2 * kSecretKeyBytes> key{};
  CHECK(RAND_priv_bytes(key.data(), static_cast<int>(key.size())) == 1);
  CHECK(EVP_EncryptInit_ex(sealing_.get(), xts(), nullptr, key.data(), nullptr) == 1);
  CHECK(EVP_DecryptInit_ex(opening_.get(), xts(), nullptr, key.data(), nullptr) == 1);
  OPENSSL_cleanse(key.data(), key.size());
}

void SectorCipher::seal(std::uint64_t sector, const unsigned char* in, unsigned char* out) {
  std::array<unsigned char, kXtsTweakBytes> tweak{};
  put_number(sector, 8, tweak.data());
  int length = 0;
  CHECK(EVP_EncryptInit_ex(sealing_.get(), nullptr, nullptr, nullptr, tweak.data()) == 1);
  CHECK(EVP_EncryptUpdate(sealing_.get(), out, &length, in, static_cast<int>(kSectorBytes)) == 1);
}

void SectorCipher::open(std::uint64_t sector, const unsigned char* in, unsigned char* out) {
  std::array<unsigned char, kXtsTweakBytes> tweak{};
  put_number(sector, 8, tweak.data());
  int length = 0;
  CHECK(EVP_DecryptInit_ex(opening_.get(), nullptr, nullptr, nullptr, tweak.data()) == 1);
  CHECK(EVP_DecryptUpdate(opening_.get(), out, &length, in, static_cast<int>(kSectorBytes)) == 1);
}

}  // namespace vesta::store::sqlite
