// AES-256-GCM by OpenSSL's EVP. Format: docs/formats/sealed-box.md
#include "identity/sealed_box.h"

#include <cstdint>
#include <optional>

#include "base/base64.h"
#include "base/check.h"
#include "base/instant.h"
#include "identity/cipher.h"
#include "identity/digest.h"

namespace vesta::identity {
namespace {

constexpr char kSealFormat = 1;
constexpr std::size_t kSealKeyIdBytes = 4;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kExpiryBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kSealKeyIdBytes + kNonceBytes;

// The head without the nonce, which GCM authenticates anyway, then the purpose.
std::string associated_data(std::string_view head, std::string_view purpose) {
  return std::string(head.substr(0, 1 + kSealKeyIdBytes)) + std::string(purpose);
}

std::string encrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                    std::string_view content) {
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::string out(content.size() + kTagBytes, '\0');
  int length = 0;
  CHECK(cipher != nullptr);
  CHECK(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, input(key), input(nonce)) == 1);
  CHECK(EVP_EncryptUpdate(cipher.get(), nullptr, &length, input(associated), static_cast<int>(associated.size())) == 1);
  CHECK(EVP_EncryptUpdate(cipher.get(), output(out), &length, input(content), static_cast<int>(content.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(cipher.get(), output(out) + length, &length) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, output(out) + content.size()) == 1);
  return out;
}

// nullopt: the tag does not fit.
std::optional<std::string> decrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                                   std::string_view encrypted) {
  const std::string_view content = encrypted.substr(0, encrypted.size() - kTagBytes);
  std::string tag(encrypted.substr(content.size()));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::string out(content.size(), '\0');
  int length = 0;
  CHECK(cipher != nullptr);
  CHECK(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, input(key), input(nonce)) == 1);
  CHECK(EVP_DecryptUpdate(cipher.get(), nullptr, &length, input(associated), static_cast<int>(associated.size())) == 1);
  CHECK(EVP_DecryptUpdate(cipher.get(), output(out), &length, input(content), static_cast<int>(content.size())) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, output(tag)) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), output(out) + length, &length) != 1) return std::nullopt;
  return out;
}

std::string expiry_text(Instant expires_at) {
  std::string text;
  for (std::size_t i = 0; i < kExpiryBytes; ++i) text += static_cast<char>(expires_at.value >> (8 * i) & 255);
  return text;
}

Instant read_expiry(std::string_view content) {
  std::uint64_t number = 0;
  for (std::size_t i = kExpiryBytes; i > 0; --i) number = number << 8 | static_cast<unsigned char>(content[i - 1]);
  return {static_cast<std::int64_t>(number)};
}

Error not_sealed() {
  return make_error(Category::invalid, "not made by this server for this purpose, or expired");
}

}  // namespace

SealedBox::SealedBox(std::vector<std::string> keys, Clock& clock, Random& random) : clock_(clock), random_(random) {
  CHECK(!keys.empty() && keys.size() <= kMaxSealKeys);
  for (std::string& key : keys) {
    CHECK(key.size() == kSealKeyBytes);
    keys_.push_back({sha256(key).substr(0, kSealKeyIdBytes), std::move(key)});
  }
}

Result<std::string> SealedBox::seal(std::string_view purpose, std::string_view content,
                                    std::chrono::seconds lifetime) const {
  CHECK(lifetime <= kMaxSealLifetime);
  if (content.size() > kMaxSealedContent) return make_error(Category::too_large, "too much to be sealed");
  const Key& key = keys_.front();
  const std::string nonce = random_bytes(random_, kNonceBytes);
  const std::string head = std::string(1, kSealFormat) + key.id + nonce;
  const Instant expires_at = later_by(clock_.now(), lifetime);
  return base64url(
      head + encrypt(key.bytes, nonce, associated_data(head, purpose), expiry_text(expires_at) + std::string(content)));
}

Result<std::string> SealedBox::open(std::string_view purpose, std::string_view sealed) const {
  if (sealed.size() > kMaxSealedText) return not_sealed();
  const auto bytes = decode_base64url(sealed);
  if (!bytes || bytes->size() < kHeadBytes + kExpiryBytes + kTagBytes) return not_sealed();
  const std::string_view all = *bytes;
  const std::string_view key_id = all.substr(1, kSealKeyIdBytes);
  const std::string_view nonce = all.substr(1 + kSealKeyIdBytes, kNonceBytes);
  for (const Key& key : keys_) {
    if (all.front() != kSealFormat || key.id != key_id) continue;
    const auto content = decrypt(key.bytes, nonce, associated_data(all, purpose), all.substr(kHeadBytes));
    if (!content) continue;
    if (read_expiry(*content) <= clock_.now()) return not_sealed();
    return content->substr(kExpiryBytes);
  }
  return not_sealed();
}

std::string new_seal_key(Random& random) {
  return random_bytes(random, kSealKeyBytes);
}

}  // namespace vesta::identity
