// Admissions: who bears the token of a request, and what they may do by what the store says now.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "access/grants.h"
#include "base/result.h"
#include "http/message.h"
#include "oauth/access_tokens.h"
#include "oauth/bearers.h"

namespace vesta::oauth {

struct Admitted {
  std::shared_ptr<const access::Principal> principal;
  std::shared_ptr<const access::Grant> grant;
};

// Thread-safe.
class Admissions {
 public:
  // They outlive it.
  Admissions(AccessTokens& tokens, Bearers& bearers, access::Grants& grants)
      : tokens_(tokens), bearers_(bearers), grants_(grants) {}

  // May this principal ask now? Asked before any work is done for them.
  using MayAsk = std::function<Status(const access::Principal&)>;
  // Errors: those of Bearers, of Grants, of `may_ask`.
  Result<Admitted> of(const http::Request& request, const MayAsk& may_ask);
  // Is what it brings the token that the connection brought last, and is still believed?
  bool knows(const http::Request& request) const;

 private:
  struct Kept;

  // Null: it is not the token that the connection brought last, or is not believed any more.
  const std::shared_ptr<const Kept>* last_of(const http::Request& request, std::string_view text) const;

  AccessTokens& tokens_;
  Bearers& bearers_;
  access::Grants& grants_;
};

}  // namespace vesta::oauth
