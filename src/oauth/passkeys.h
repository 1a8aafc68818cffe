// Passkeys: those of users, and invitations to set one up; in properties of the store, which no interaction reads.
// docs/formats/passkeys.md
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/records.h"
#include "base/clock.h"
#include "base/result.h"
#include "identity/passkey.h"
#include "oauth/form.h"
#include "oauth/used_once.h"
#include "ops/own_writes.h"
#include "store/store.h"

namespace vesta::oauth {

inline constexpr std::size_t kMaxPasskeys = 10;  // of one user
// The server does not run while the link is made, and who gets it is not there just now. It is worth nothing without
// the password.
inline constexpr std::chrono::hours kInvitationLifetime{24};
inline constexpr std::size_t kUserHandleBytes = 32;

// What a form brings of a passkey that has signed.
struct SignedByPasskey {
  std::string id;
  std::string handle;  // of the user, as the authenticator has it; empty: it said none
  identity::PasskeyAssertion assertion;
};
// Errors (invalid): the name of a PasskeyFault, as those below.
Result<SignedByPasskey> read_signed(const Form& form);
Result<identity::PasskeyCreation> read_created(const Form& form);

// Thread-safe. A passkey is of the user for whom it was set up, as a password is. The id of one is had once over all
// users; their handle is random, so that an authenticator tells nobody who they are.
class Passkeys {
 public:
  // They outlive it.
  Passkeys(store::Store& store, Clock& clock) : store_(store), clock_(clock) {}

  // What to commit for them to be invited, and what the link has: an invitation is good once, for kInvitationLifetime;
  // one before is not good any more. Errors: those of the store; internal (damaged), also below.
  struct Invitation {
    ops::Property property;
    std::string text;  // "<id of the user>.<secret>"
  };
  Result<Invitation> invite(const access::User& user, Random& random);
  static std::string_view user_of_invitation(std::string_view text);
  Result<bool> is_invited(const access::User& user, std::string_view invitation);
  // What to commit to take all of them away, and an invitation with them.
  Result<std::vector<ops::Property>> properties_of_none(const access::User& user);

  // For the browser, in base64url.
  struct Known {
    std::string handle;            // empty: there was never an invitation
    std::vector<std::string> ids;  // of the passkeys
  };
  Result<Known> known(const access::User& user);
  // Whose it is, by its id (bytes); empty: nobody's.
  Result<std::string> owner(std::string_view id);

  // What says in a flow or a code that a passkey was proved, and which.
  static bool is_mark(std::string_view mark);
  Result<bool> is_proved(const access::User& user, std::string_view mark);

  // One more, which uses the invitation up. `commit`: is given what to commit, and what must be so until then. Errors:
  // invalid: a PasskeyFault, or one of "not_invited", "known_already", "too_many"; busy: another of this user's is
  // being looked at; those of `commit`.
  using Commit =
      std::function<Status(const std::vector<ops::Property>&, const std::vector<ops::ExpectedProperty>& expected)>;
  Status add(const access::User& user, std::string_view invitation, const identity::PasskeyCreation& creation,
             const identity::PasskeyRequest& request, const Commit& commit);

  // Has the user signed the challenge, which was not used before? Its mark. `record`: what the audit log says of it,
  // in the same commit; empty: nothing. A counter that goes back is told by the log. Errors: invalid: a PasskeyFault,
  // or "unknown": not one of theirs; busy, as above; those of the store.
  struct Challenge {
    identity::PasskeyRequest request;
    UsedOnce& used;
    Instant until;  // after it, it is refused as expired
  };
  Result<std::string> use(const access::User& user, const SignedByPasskey& by, const Challenge& challenge,
                          const std::string& record);

 private:
  struct Stored;

  static std::string text_of(const Stored& stored);
  Result<Stored> find(const access::User& user);

  store::Store& store_;
  Clock& clock_;
};

}  // namespace vesta::oauth
