// Passkeys: what a browser says of one that was made, and of one that has signed, is verified. (Library: libfido2.)
// https://www.w3.org/TR/webauthn-2/#sctn-rp-operations
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vesta::identity {

inline constexpr std::size_t kMaxClientDataBytes = 4 * 1024;
inline constexpr std::size_t kMaxAuthenticatorDataBytes = 4 * 1024;  // of a creation: an id, a key, extensions
inline constexpr std::size_t kMaxPasskeySignatureBytes = 1024;
inline constexpr std::size_t kMaxCredentialIdBytes = 1023;  // https://www.w3.org/TR/webauthn-2/#credential-id

// Whom passkeys are for. They are good for this name of a host alone, however many servers of it there are; a browser
// is believed that shows a page of this origin alone.
struct RelyingParty {
  std::string id;      // "example.org"
  std::string origin;  // "https://example.org:8443"
};
// Of the address of a server, as browsers write its origin: in small letters, without the port that the scheme implies.
RelyingParty relying_party_of(std::string_view address);

// What the browser was asked for.
enum class UserVerification {
  not_needed,  // somebody was there
  needed,      // the authenticator has made sure who: by a PIN, a finger
};
struct PasskeyRequest {
  RelyingParty party;
  std::string challenge;  // base64url, of new_secret
  UserVerification verification = UserVerification::not_needed;
};

enum class PasskeyAlgorithm { es256, eddsa, rs256 };
// "ES256"
std::string_view name_of(PasskeyAlgorithm algorithm);
std::optional<PasskeyAlgorithm> parse_passkey_algorithm(std::string_view name);
// The number that browsers know it by. https://www.iana.org/assignments/cose
int cose_number_of(PasskeyAlgorithm algorithm);

// What is kept of one.
struct Passkey {
  std::string id;  // bytes, which the authenticator chose
  PasskeyAlgorithm algorithm = PasskeyAlgorithm::es256;
  std::string key;            // public: x and y of 32 bytes each; of EdDSA 32 bytes; of RSA n of 256 and e of 3 bytes
  std::uint32_t counter = 0;  // of signatures; zero: it does not count
};

// Bytes, as the browser hands them to its page.
struct PasskeyCreation {
  std::string client_data;         // JSON
  std::string authenticator_data;  // of getAuthenticatorData()
};
struct PasskeyAssertion {
  std::string client_data;
  std::string authenticator_data;
  std::string signature;
};

// Why one is refused, by name: the name is the message of the error, for logs and tests.
enum class PasskeyFault {
  too_large,
  malformed,
  wrong_type,  // a creation for an assertion, or the other way round
  wrong_challenge,
  wrong_origin,
  cross_origin,  // the page stood in one of another origin
  wrong_relying_party,
  user_not_present,
  user_not_verified,
  unsupported_key,
  bad_signature,
  counter_went_back,  // there are two of it
};
// "wrong_origin"
std::string_view name_of(PasskeyFault fault);

// The passkey that was made. Nothing is signed: who made the authenticator is neither asked for nor looked at
// (attestation "none"), so that it may be software as well.
// Errors (invalid): a PasskeyFault. https://www.w3.org/TR/webauthn-2/#sctn-registering-a-new-credential
Result<Passkey> verify_creation(const PasskeyCreation& creation, const PasskeyRequest& request);

// Has this passkey signed what was asked for? Then its counter, to be kept: with the next one it must have grown.
// That the challenge was not used before is the caller's to know.
// Errors (invalid): a PasskeyFault. https://www.w3.org/TR/webauthn-2/#sctn-verifying-assertion
Result<std::uint32_t> verify_assertion(const PasskeyAssertion& assertion, const Passkey& passkey,
                                       const PasskeyRequest& request);

}  // namespace vesta::identity
