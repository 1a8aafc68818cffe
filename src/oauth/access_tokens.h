// AccessTokens: what clients send with each request, JWTs of this server. https://www.rfc-editor.org/rfc/rfc9068
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/bounded_table.h"
#include "identity/token_verifier.h"
#include "oauth/addresses.h"
#include "oauth/signing_keys.h"

namespace vesta::oauth {

// Of a client that acts for itself. https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html: five minutes
inline constexpr std::chrono::seconds kClientTokenLifetime{300};
// Of a user's: whoever ends the session ends its tokens too.
inline constexpr std::chrono::seconds kUserTokenLifetime{3600};

inline constexpr std::chrono::seconds kVerifiedAge{1};  // until a token of the same connection is looked at again

// What `sub` says: of a user the id; of a client that acts for itself what no user's id can be.
// https://www.rfc-editor.org/rfc/rfc9068#section-5
struct AccessToken;
std::string subject_of(const AccessToken& token);

struct AccessToken {
  std::string client;  // id
  std::vector<std::string> scopes;
  std::string user;     // id; empty: the client acts for itself
  std::string session;  // of the user; its id
  std::string patient;  // in context; empty: none
  std::string id = {};  // `jti`; this and the next two are what issue makes
  Instant issued_at = {};
  Instant expires_at = {};
  // Before issue: when it ends at the latest; zero: when a client's does.
  Instant latest_end = {};
};

// Thread-safe.
class AccessTokens {
 public:
  // They outlive it.
  AccessTokens(const Addresses& addresses, SigningKeys& keys, Clock& clock, Random& random);

  struct Issued {
    std::string text;
    std::chrono::seconds lifetime;
  };
  // Errors (oauth_error): invalid_scope: it would be over identity::kMaxJwtBytes, and refused.
  Result<Issued> issue(const AccessToken& token);

  // Errors (unauthenticated): of TokenFault, with its sentence.
  Result<std::shared_ptr<const AccessToken>> verify(std::string_view token);

  // A token that was verified, and when and by which keys that was.
  struct Verified {
    std::shared_ptr<const AccessToken> token;
    std::uint64_t revision = 0;
    Instant at = {};
    Instant until = {};  // its end
  };
  Result<Verified> verified(std::string_view token);
  // Would the same token be believed now? Not longer than for kVerifiedAge, and not under other keys.
  bool still_holds(const Verified& verified) const;

 private:
  const Addresses& addresses_;
  SigningKeys& keys_;
  Clock& clock_;
  Random& random_;
  identity::TokenVerifier verifier_;
  Mutex mutex_;
  std::shared_ptr<const identity::Jwk> known_key_ GUARDED_BY(mutex_);  // the newest that the verifier has
  std::uint64_t known_revision_ GUARDED_BY(mutex_) = 0;
  // What the claims of a token say, by its id; with the claims, as they are shared.
  struct Read {
    std::shared_ptr<const identity::Claims> claims;
    std::shared_ptr<const AccessToken> token;
  };
  identity::BoundedTable<Read> read_ GUARDED_BY(mutex_){identity::kMaxVerifiedTokens};
};

}  // namespace vesta::oauth
