// Ids are sealed by AES-SIV, so that they can be read by their pseudonyms; all else is a keyed digest.
#include "deidentify/pseudonyms.h"

#include <algorithm>
#include <cstdint>

#include "base/base64.h"
#include "base/check.h"
#include "identity/digest.h"
#include "identity/siv.h"

namespace vesta::deidentify {
namespace {

// What is sealed: the bytes of a UUID, so that the pseudonym of one is short, or the text itself.
constexpr std::string_view kOfUuid = "uuid";
constexpr std::string_view kOfText = "text";
constexpr std::size_t kUuidBytes = 16;

constexpr std::string_view kDigits = "0123456789abcdef";

// 8-4-4-4-12.
std::string uuid_text(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// Empty: it is not written as uuid_text writes it.
std::string uuid_bytes(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '-') digits += c;
  }
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size() && bytes.size() < kUuidBytes; i += 2) {
    bytes += static_cast<char>(kDigits.find(digits[i]) << 4 | kDigits.find(digits[i + 1]));
  }
  return bytes.size() == kUuidBytes && uuid_text(bytes) == text ? bytes : std::string();
}

// Ids may have '.', and no '_'. https://hl7.org/fhir/R4/datatypes.html#id
std::string id_text(std::string_view bytes) {
  std::string text = identity::base64url(bytes);
  std::ranges::replace(text, '_', '.');
  return text;
}

}  // namespace

Pseudonyms::Pseudonyms(std::string_view key) : key_(key) {
  CHECK(key.size() == kKeyBytes);
  id_key_ = digest("id key 1", "") + digest("id key 2", "");
}

std::string Pseudonyms::digest(std::string_view use, std::string_view text) const {
  return identity::hmac_sha256(key_, std::string(use) + '\0' + std::string(text));
}

std::string Pseudonyms::of_id(std::string_view id) const {
  if (const std::string bytes = uuid_bytes(id); !bytes.empty()) {
    return id_text(identity::siv_seal(id_key_, kOfUuid, bytes));
  }
  if (id.empty() || id.size() > kMaxReversibleId) return id_text(digest("long id", id));
  return id_text(identity::siv_seal(id_key_, kOfText, id));
}

std::optional<std::string> Pseudonyms::id_of(std::string_view pseudonym) const {
  std::string text(pseudonym);
  if (text.find('_') != std::string::npos) return std::nullopt;
  std::ranges::replace(text, '.', '_');
  const auto sealed = decode_base64url(text);
  if (!sealed) return std::nullopt;
  if (const auto bytes = identity::siv_open(id_key_, kOfUuid, *sealed)) return uuid_text(*bytes);
  return identity::siv_open(id_key_, kOfText, *sealed);
}

std::string Pseudonyms::of_identifier(std::string_view system, std::string_view value) const {
  return identity::base64url(digest("identifier", std::string(system) + '\0' + std::string(value)));
}

std::string Pseudonyms::of_urn(std::string_view urn) const {
  std::string bytes = digest("urn", urn).substr(0, kUuidBytes);
  // A version 8 UUID: of its maker's own making. https://www.rfc-editor.org/rfc/rfc9562#section-5.8
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  return "urn:uuid:" + uuid_text(bytes);
}

int Pseudonyms::shift_of(std::string_view patient, int max_days) const {
  const std::string bytes = digest("shift", patient);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  const auto days = static_cast<int>(number % (2 * static_cast<std::uint64_t>(max_days)));  // one of all but 0
  return days < max_days ? days - max_days : days - max_days + 1;
}

}  // namespace vesta::deidentify
