// KeySet: the keys that a server signs by, and how one follows another. Format: docs/formats/signing-keys.md
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "identity/jwk.h"

namespace vesta::identity {

inline constexpr std::size_t kMaxSigningKeys = 16;  // that are not retired
inline constexpr std::chrono::minutes kAnnouncement{
    15};                                              // published before it signs: others keep copies of our JWK Set
inline constexpr std::chrono::hours kRetirement{24};  // published after it signed: no token lives longer

// A value: a change is made to a copy, stored, and put in the place of the one before. A key passes through
//   announced (published) → active (signs) → retiring (still verifies) → retired (gone with the next change)
// by the times that are written beside it.
class KeySet {
 public:
  enum class State { announced, active, retiring, retired };

  struct Entry {
    std::shared_ptr<const Jwk> key;
    Instant signs_from;
    Instant signs_until = kOpenEnd;
    Instant verifies_until = kOpenEnd;

    State state(Instant now) const;
  };
  static constexpr Instant kOpenEnd{std::numeric_limits<std::int64_t>::max()};

  // Makes a key; it signs after kAnnouncement, and the one of this algorithm before it signs until then. The first one
  // signs at once. Errors (busy): there are kMaxSigningKeys already.
  Status rotate(Algorithm algorithm, Instant now);
  // Somebody else may have it: nothing that it signed is believed any more. If it was the active one, rotate then: the
  // new one signs at once. Errors: not_found.
  Status withdraw(std::string_view id);

  // Null: there is none; rotate makes one.
  std::shared_ptr<const Jwk> signing_key(Algorithm algorithm, Instant now) const;
  // All but the retired ones: what verify_jwt takes, and write_jwks publishes.
  Keys verifying_keys(Instant now) const;
  const std::vector<Entry>& entries() const { return entries_; }

  // With the private keys: seal it, or keep it where nobody reads it.
  std::string stored_text() const;
  // Errors (internal): not what stored_text gave.
  static Result<KeySet> parse_stored(std::string_view text);

 private:
  std::vector<Entry> entries_;
};

}  // namespace vesta::identity
