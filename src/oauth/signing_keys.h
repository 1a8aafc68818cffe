// SigningKeys: the keys of this server, kept in its store and followed by new ones. docs/formats/signing-keys.md
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/keys.h"
#include "store/store.h"

namespace vesta::oauth {

inline constexpr std::chrono::hours kSigningKeyAge{24 * 90};  // then another is made, and takes over when it is known
inline constexpr std::chrono::minutes kSigningKeyRetry{1};    // when no new key could be written
inline constexpr identity::Algorithm kTokenAlgorithm = identity::Algorithm::es256;    // of access tokens: ours alone
inline constexpr identity::Algorithm kIdTokenAlgorithm = identity::Algorithm::rs256;  // what every client must know

// Thread-safe.
class SigningKeys {
 public:
  // They outlive it.
  SigningKeys(store::Store& store, Clock& clock) : store_(store), clock_(clock) {}
  // Before the first use: reads the keys, or makes the first of each algorithm. Errors: those of the store, internal
  // (damaged).
  Status load();

  // The one that signs now. A new one is made here when it is old enough; if that cannot be written, the old one signs
  // on.
  std::shared_ptr<const identity::Jwk> signing_key(identity::Algorithm algorithm);
  // What was signed by these is believed; they are published.
  identity::Keys verifying_keys();

 private:
  Status rotate(identity::Algorithm algorithm) REQUIRES(mutex_);

  store::Store& store_;
  Clock& clock_;
  Mutex mutex_;
  identity::KeySet keys_ GUARDED_BY(mutex_);
  std::optional<Instant> failed_ GUARDED_BY(mutex_);  // the last rotation
};

}  // namespace vesta::oauth
