// SealedBox: state that others carry for us, encrypted and authenticated: authorization codes, the steps of a sign-in.
// Format: docs/formats/sealed-box.md
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace vesta::identity {

inline constexpr std::size_t kSealKeyBytes = 32;            // AES-256
inline constexpr std::size_t kMaxSealKeys = 8;              // that a box opens by
inline constexpr std::size_t kMaxSealedContent = 8 * 1024;  // what is sealed
inline constexpr std::size_t kMaxSealedText = 12 * 1024;  // what is opened: four characters for three bytes, and a head
inline constexpr std::chrono::hours kMaxSealLifetime{24};  // it is for what is under way, not for keeping

// Thread-safe. A key may seal 2^32 times: a nonce is 96 random bits (NIST SP 800-38D, section 8.3), so a server that
// seals a hundred times a second needs a new key once a year.
class SealedBox {
 public:
  // Seals by the first key, opens by all. `keys`: one to kMaxSealKeys, each of kSealKeyBytes. `clock` and `random` must
  // outlive it.
  SealedBox(std::vector<std::string> keys, Clock& clock, Random& random);

  // Base64url. `purpose` says what it is for: nothing sealed for one opens for another. Errors: too_large: `content` is
  // over kMaxSealedContent.
  Result<std::string> seal(std::string_view purpose, std::string_view content, std::chrono::seconds lifetime) const;

  // Errors (invalid): altered, of another key or purpose, expired: one message for all, as nobody else may know.
  Result<std::string> open(std::string_view purpose, std::string_view sealed) const;

 private:
  struct Key {
    std::string id;
    std::string bytes;
  };
  std::vector<Key> keys_;
  Clock& clock_;
  Random& random_;
};

std::string new_seal_key(Random& random);

}  // namespace vesta::identity
