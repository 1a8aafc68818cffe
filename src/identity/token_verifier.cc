// Remembering which tokens were signed.
#include "identity/token_verifier.h"

#include <string>
#include <utility>

#include "identity/digest.h"
#include "identity/fault.h"
#include "identity/jws.h"

namespace vesta::identity {

TokenVerifier::TokenVerifier(Expectations expectations, std::size_t max_tokens)
    : expectations_(std::move(expectations)), keys_(std::make_shared<const Keys>()), verified_(max_tokens) {}

void TokenVerifier::set_keys(Keys keys) {
  auto shared = std::make_shared<const Keys>(std::move(keys));
  MutexLock lock(mutex_);
  keys_ = std::move(shared);
  verified_.clear();
}

Result<std::shared_ptr<const Claims>> TokenVerifier::verify(std::string_view token, Instant now) {
  if (token.size() > kMaxJwtBytes) return refuse(TokenFault::too_large);
  std::string digest = sha256(token);
  std::shared_ptr<const Claims> claims;
  std::shared_ptr<const Keys> keys;
  {
    MutexLock lock(mutex_);
    keys = keys_;
    if (const auto* const found = verified_.find(digest)) claims = *found;
  }
  if (claims != nullptr) {
    VESTA_CHECK_OK(judge_claims(*claims, expectations_, now));
    return claims;
  }
  VESTA_TRY(Claims verified, verify_jwt(token, *keys, expectations_, now));
  claims = std::make_shared<const Claims>(std::move(verified));
  MutexLock lock(mutex_);
  if (keys == keys_) verified_.put(std::move(digest), claims);  // otherwise it was verified by keys that are gone
  return claims;
}

std::size_t TokenVerifier::remembered() {
  MutexLock lock(mutex_);
  return verified_.size();
}

}  // namespace vesta::identity
