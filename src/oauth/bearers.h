// Bearers: who bears an access token, by what the store says of them now.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "access/grants.h"
#include "access/records.h"
#include "base/mutex.h"
#include "base/result.h"
#include "http/message.h"
#include "identity/bounded_table.h"
#include "identity/token_verifier.h"
#include "oauth/access_tokens.h"
#include "oauth/sessions.h"

namespace vesta::oauth {

// The text of the token that a request brings. Errors: unauthenticated: none, with a sentence.
Result<std::string_view> token_of(const http::Request& request);

struct Bearer {
  std::shared_ptr<const AccessToken> token;
  std::shared_ptr<const access::Principal> principal;
  Instant until = {};  // as long as nothing is written: the end of the token, or of its session
};

// Thread-safe. Who was turned off meanwhile may do nothing. What a token and the records of its client, session and
// user come to is kept until one of these is another.
class Bearers {
 public:
  // They outlive it.
  Bearers(AccessTokens& tokens, access::Records& records, Sessions& sessions)
      : tokens_(tokens), records_(records), sessions_(sessions) {}

  // Of the token that a request brings. Errors: unauthenticated: none, or one that is not valid (any more), with a
  // sentence; those of the store.
  Result<Bearer> of(const http::Request& request);
  // Errors: those.
  Result<Bearer> of(std::shared_ptr<const AccessToken> token);

 private:
  struct Known {
    std::shared_ptr<const AccessToken> token;
    std::shared_ptr<const access::Client> client;
    std::shared_ptr<const access::Session> session;  // null, as the next one: the client acts for itself
    std::shared_ptr<const access::User> user;
    std::shared_ptr<const access::Principal> principal;
  };

  static access::Principal principal_of(const Known& known);

  AccessTokens& tokens_;
  access::Records& records_;
  Sessions& sessions_;
  Mutex mutex_;
  identity::BoundedTable<Known> known_ GUARDED_BY(mutex_){identity::kMaxVerifiedTokens};  // by the token's id
};

}  // namespace vesta::oauth
