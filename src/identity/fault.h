// Why a token is refused, by name: for logs, metrics and tests; the client is told no more than a sentence.
#pragma once

#include <string_view>

#include "base/result.h"

namespace vesta::identity {

enum class TokenFault {
  too_large,              // over kMaxJwtBytes; nothing of it was read
  malformed,              // not three parts of base64url, or their JSON is not what it must be
  unsupported_algorithm,  // none, HMAC, or one that is not offered
  critical_header,        // it asks for an extension, and there are none
  embedded_key,           // it brings its own key, or says where to fetch one
  wrong_type,             // made for another purpose
  unknown_key,            // no key of this id signs by this algorithm
  bad_signature,
  bad_claims,  // a claim is missing, or is not of its type
  wrong_issuer,
  wrong_audience,
  wrong_subject,
  expired,
  not_yet_valid,
  too_long_lived,
};

// "bad_signature"
std::string_view name_of(TokenFault fault);

// Category unauthenticated; its message is the name, its one issue a sentence.
Error refuse(TokenFault fault);

}  // namespace vesta::identity
