// SigningKeys: the keys of this server, kept in its store and followed by new ones. docs/formats/signing-keys.md
#pragma once

#include <atomic>
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
inline constexpr std::chrono::minutes kSigningKeyLook{1};     // until those are known that another node has made
inline constexpr identity::Algorithm kTokenAlgorithm = identity::Algorithm::es256;    // of access tokens: ours alone
inline constexpr identity::Algorithm kIdTokenAlgorithm = identity::Algorithm::rs256;  // what every client must know

// All nodes over one store have the same: who makes one expects that nobody else has meanwhile, and an announced key is
// known to all before it signs. Thread-safe.
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
  // Raised when there are others than before.
  std::uint64_t revision() const { return revision_.load(std::memory_order_acquire); }

 private:
  Status read() REQUIRES(mutex_);
  void look(Instant now) REQUIRES(mutex_);
  // Makes a key, unless somebody else has meanwhile: then it is read.
  Status rotate(identity::Algorithm algorithm) REQUIRES(mutex_);

  store::Store& store_;
  Clock& clock_;
  Mutex mutex_;
  identity::KeySet keys_ GUARDED_BY(mutex_);
  std::optional<std::string> stored_ GUARDED_BY(mutex_);  // what keys_ were read of
  std::atomic<std::uint64_t> revision_{0};
  Instant looked_ GUARDED_BY(mutex_) = {};
  std::optional<Instant> failed_ GUARDED_BY(mutex_);  // the last rotation
};

}  // namespace vesta::oauth
