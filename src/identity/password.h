// Passwords: what a new one must be, hashing by Argon2id, and the check at sign-in. (Libraries: libargon2, ICU.)
// https://www.rfc-editor.org/rfc/rfc9106
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "identity/hash_gate.h"

namespace vesta::identity {

// In code points. NIST SP 800-63B-4, section 3.1.1.2, asks for at least 15 where a password may be all there is, and to
// allow at least 64; there are no rules on which characters, for they make passwords worse.
// https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
inline constexpr std::size_t kMinPasswordLength = 15;
inline constexpr std::size_t kMaxPasswordLength = 256;
inline constexpr std::size_t kMaxPasswordBytes = 4 * kMaxPasswordLength;

struct PasswordParameters {
  std::uint32_t memory_kib;
  std::uint32_t passes;
  std::uint32_t lanes;

  bool operator==(const PasswordParameters&) const = default;
};

// OWASP asks for at least 19 MiB and two passes; this is 2.5 times that, a tenth of a second of one core, and leaves
// room for several at a time on a small machine. One lane: the workers are the parallelism.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
inline constexpr PasswordParameters kPasswordParameters{32 * 1024, 3, 1};
// A stored hash that asks for more is not computed: it would break the bound of the gate.
inline constexpr PasswordParameters kMaxPasswordParameters{64 * 1024, 10, 4};

enum class PasswordMatch {
  no,
  yes,
  yes_and_rehash,  // it was hashed by other parameters than today's: hash it again while it is at hand
};

// Errors (invalid): a new password that is too short, too long, or not UTF-8.
Status check_new_password(std::string_view password);

// Thread-safe. Passwords are compared as people see them: in Unicode's form NFKC, so that it does not matter which
// keyboard wrote an accent. No byte is cut off, NUL neither.
class PasswordHasher {
 public:
  // What is referred to must outlive it. Hashes once, for those who do not exist.
  PasswordHasher(HashGate& gate, Random& random, PasswordParameters parameters = kPasswordParameters);

  // The text to store: $argon2id$v=19$m=…,t=…,p=…$salt$hash, with a salt of its own.
  // https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
  // Errors: those of check_new_password; busy.
  Result<std::string> hash(std::string_view password) const;

  // `stored` is absent where there is no such user, or one without a password: then as much is computed, and the answer
  // is no, so that the time does not tell who exists. Errors: busy; internal: `stored` is no hash of ours.
  Result<PasswordMatch> verify(std::string_view password, const std::optional<std::string>& stored) const;

 private:
  std::string hash_normalized(std::string_view normalized) const;

  HashGate& gate_;
  Random& random_;
  const PasswordParameters parameters_;
  const std::string nobody_;  // a hash that no password is known of
};

}  // namespace vesta::identity
