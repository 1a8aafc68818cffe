// Normalizing, hashing and verifying of passwords.
#include "identity/password.h"

#include <argon2.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/check.h"
#include "base/utf8.h"
#include "identity/digest.h"

namespace vesta::identity {
namespace {

constexpr std::size_t kSaltBytes = 16;  // https://www.rfc-editor.org/rfc/rfc9106#section-3.1
constexpr std::size_t kHashBytes = 32;
constexpr std::string_view kPhcPrefix = "$argon2id$v=19$m=";

// nullopt: not UTF-8, or over kMaxPasswordBytes.
std::optional<std::string> normalize(std::string_view password) {
  if (password.size() > kMaxPasswordBytes || !valid_utf8(password)) return std::nullopt;
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCInstance(code);
  CHECK(U_SUCCESS(code));
  std::string normalized;
  icu::StringByteSink<std::string> sink(&normalized);
  normalizer->normalizeUTF8(0, icu::StringPiece(password.data(), static_cast<std::int32_t>(password.size())), sink,
                            nullptr, code);
  CHECK(U_SUCCESS(code));
  return normalized;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

Result<std::string> normalize_new(std::string_view password) {
  if (password.size() > kMaxPasswordBytes) {
    return make_error(Category::invalid, "the password is longer than 256 characters");
  }
  auto normalized = normalize(password);
  if (!normalized) return make_error(Category::invalid, "the password is not UTF-8");
  const std::size_t length = count_code_points(*normalized);
  if (length < kMinPasswordLength) {
    return make_error(Category::invalid,
                      "the password is shorter than " + std::to_string(kMinPasswordLength) + " characters");
  }
  if (length > kMaxPasswordLength) {
    return make_error(Category::invalid,
                      "the password is longer than " + std::to_string(kMaxPasswordLength) + " characters");
  }
  return *std::move(normalized);
}

// Takes a number and what must follow it off the front of `text`.
bool take_number(std::string_view& text, std::string_view suffix, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(suffix)) return false;
  text.remove_prefix(suffix.size());
  return true;
}

// nullopt: not one of ours, or it asks for more than kMaxPasswordParameters.
std::optional<PasswordParameters> read_parameters(std::string_view stored) {
  if (!stored.starts_with(kPhcPrefix)) return std::nullopt;
  stored.remove_prefix(kPhcPrefix.size());
  PasswordParameters found{};
  if (!take_number(stored, ",t=", found.memory_kib) || !take_number(stored, ",p=", found.passes) ||
      !take_number(stored, "$", found.lanes)) {
    return std::nullopt;
  }
  const PasswordParameters& most = kMaxPasswordParameters;
  if (found.memory_kib > most.memory_kib || found.passes > most.passes || found.lanes > most.lanes) return std::nullopt;
  return found;
}

}  // namespace

Status check_new_password(std::string_view password) {
  VESTA_TRY(const std::string normalized, normalize_new(password));
  return kOk;
}

PasswordHasher::PasswordHasher(HashGate& gate, Random& random, PasswordParameters parameters)
    : gate_(gate),
      random_(random),
      parameters_(parameters),
      nobody_(hash_normalized(random_bytes(random, kHashBytes))) {}

Result<std::string> PasswordHasher::hash(std::string_view password) const {
  VESTA_TRY(const std::string normalized, normalize_new(password));
  VESTA_TRY(const HashGate::Pass pass, gate_.enter());
  return hash_normalized(normalized);
}

Result<PasswordMatch> PasswordHasher::verify(std::string_view password,
                                             const std::optional<std::string>& stored) const {
  const auto normalized = normalize(password);
  if (!normalized) return PasswordMatch::no;  // of nobody: refused at once, whoever it is tried for
  const auto found = read_parameters(stored.value_or(nobody_));
  if (!found) return make_error(Category::internal, "a stored password is not hashed as it should be");
  VESTA_TRY(const HashGate::Pass pass, gate_.enter());
  const int result = argon2id_verify(stored.value_or(nobody_).c_str(), normalized->data(), normalized->size());
  if (result == ARGON2_VERIFY_MISMATCH || (result == ARGON2_OK && !stored)) return PasswordMatch::no;
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) return make_error(Category::busy, "no memory to check a password in");
  if (result != ARGON2_OK) return make_error(Category::internal, "a stored password is not hashed as it should be");
  return *found == parameters_ ? PasswordMatch::yes : PasswordMatch::yes_and_rehash;
}

std::string PasswordHasher::hash_normalized(std::string_view normalized) const {
  const std::string salt = random_bytes(random_, kSaltBytes);
  std::string encoded(argon2_encodedlen(parameters_.passes, parameters_.memory_kib, parameters_.lanes, kSaltBytes,
                                        kHashBytes, Argon2_id),
                      '\0');
  CHECK(argon2id_hash_encoded(parameters_.passes, parameters_.memory_kib, parameters_.lanes, normalized.data(),
                              normalized.size(), salt.data(), salt.size(), kHashBytes, encoded.data(),
                              encoded.size()) == ARGON2_OK);
  encoded.resize(encoded.find('\0'));
  return encoded;
}

}  // namespace vesta::identity
