// SecondFactors: one-time codes of an app beside the password, and codes for when the app is lost; in properties of the
// store, which no interaction reads. docs/formats/second-factors.md
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/records.h"
#include "base/clock.h"
#include "base/result.h"
#include "identity/totp.h"
#include "oauth/passkeys.h"
#include "ops/own_writes.h"
#include "store/store.h"

namespace vesta::oauth {

inline constexpr std::size_t kRecoveryCodes = 10;
inline constexpr std::size_t kRecoveryCodeBytes = 10;  // 80 bits, 16 characters: nobody guesses one
inline constexpr std::size_t kMaxCodeBytes = 64;       // of what is typed

// What is shown once, to the user whose it is.
struct Enrolment {
  std::string secret;                       // bytes
  std::vector<std::string> recovery_codes;  // "ABCD-EFGH-IJKL-MNOP"
};
Enrolment new_enrolment(Random& random);

// Thread-safe. A second factor is of the user for whom it was set, as a password is.
class SecondFactors {
 public:
  // They outlive it.
  SecondFactors(store::Store& store, Clock& clock, Passkeys& passkeys)
      : store_(store), clock_(clock), passkeys_(passkeys) {}

  // What to commit for a user to have this one, in the place of another, or none.
  static ops::Property property_of(const access::User& user, const Enrolment& enrolment);
  static ops::Property property_of_none(const access::User& user);

  // Another one with another second factor, the same whichever codes were used; empty: the user has none. Errors: those
  // of the store; internal (damaged).
  Result<std::string> mark(const access::User& user);
  // Is what they have proved, the second factor of this mark, of ours or a passkey's, or none (empty), what is asked of
  // them now? It may have been set up, made anew or taken away since they began: a lost app proves nothing.
  Result<bool> is_proved(const access::User& user, std::string_view proved);
  // Is it the present code of the app, or one that was left over for emergencies? Then it is used, durably: it is not
  // accepted again, nor is one of the app from before. `record`: what the audit log says of it, in the same commit;
  // empty: nothing. Errors: busy: another of this user is being looked at; those of
  // the store, which use nothing up.
  Result<bool> use(const access::User& user, std::string_view typed, const std::string& record);

 private:
  struct Stored;

  static std::string text_of(const Stored& stored);
  Result<std::optional<Stored>> find(const access::User& user);

  store::Store& store_;
  Clock& clock_;
  Passkeys& passkeys_;
};

}  // namespace vesta::oauth
