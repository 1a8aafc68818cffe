// TokenVerifier: verify_jwt for tokens that come again with each request; a signature is checked once.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/bounded_table.h"
#include "identity/jwt.h"

namespace vesta::identity {

inline constexpr std::size_t kMaxVerifiedTokens = 10'000;  // of some 1 kB each, kMaxJwtBytes at most

// Thread-safe. What the claims say is judged anew each time; what is remembered is that they were signed. The token
// itself is not kept: a dump of memory shows digests.
class TokenVerifier {
 public:
  explicit TokenVerifier(Expectations expectations, std::size_t max_tokens = kMaxVerifiedTokens);

  // With them all that was verified by others is forgotten. Before the first call every token is of an unknown key.
  void set_keys(Keys keys);

  // Errors: those of verify_jwt.
  Result<std::shared_ptr<const Claims>> verify(std::string_view token, Instant now);

  std::size_t remembered();

 private:
  const Expectations expectations_;
  Mutex mutex_;
  std::shared_ptr<const Keys> keys_ GUARDED_BY(mutex_);  // shared with those who verify by them just now
  BoundedTable<std::shared_ptr<const Claims>> verified_ GUARDED_BY(mutex_);
};

}  // namespace vesta::identity
