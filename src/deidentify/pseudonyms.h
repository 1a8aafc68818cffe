// Pseudonyms: what takes the place of ids and numbers, and how far the dates of a patient are moved, all by one key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vesta::deidentify {

inline constexpr std::size_t kKeyBytes = 32;
// Longer ids that are no UUID have a pseudonym that leads back to nothing.
inline constexpr std::size_t kMaxReversibleId = 32;

// Immutable. Whoever has the key can undo pseudonyms of ids and moves of dates; nobody else can.
class Pseudonyms {
 public:
  explicit Pseudonyms(std::string_view key);  // of kKeyBytes

  // Those of one who asks: others than these, and than everybody else's.
  Pseudonyms of_asker(std::string_view asker) const { return Pseudonyms(digest("asker", asker)); }

  // A valid id. The same id has the same one wherever it stands.
  std::string of_id(std::string_view id) const;
  // The id with this pseudonym; nullopt: there is none, or it was too long.
  std::optional<std::string> id_of(std::string_view pseudonym) const;

  // An identifier's value within its system. There is no way back.
  std::string of_identifier(std::string_view system, std::string_view value) const;
  // "urn:uuid:…" in the place of any urn. There is no way back.
  std::string of_urn(std::string_view urn) const;

  // Between -max_days and max_days, never 0; `max_days` is at least 1.
  int shift_of(std::string_view patient, int max_days) const;

 private:
  std::string digest(std::string_view use, std::string_view text) const;

  std::string key_;
  std::string id_key_;  // of SIV
};

}  // namespace vesta::deidentify
