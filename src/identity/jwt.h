// JSON Web Tokens: claims, signed and verified. https://www.rfc-editor.org/rfc/rfc7519
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "identity/jwk.h"
#include "json/document.h"

namespace vesta::identity {

inline constexpr std::chrono::seconds kClockSkew{60};  // by which the clocks of two machines may differ

// https://www.rfc-editor.org/rfc/rfc7519#section-4.1
struct Claims {
  std::string issuer;
  std::string subject;                 // empty: none
  std::vector<std::string> audiences;  // empty: none
  Instant expires_at;                  // a token has whole seconds
  std::optional<Instant> not_before;
  std::optional<Instant> issued_at;
  std::string id;                    // `jti`; empty: none
  std::vector<json::Member> others;  // in their order
};

// What a token must be to be believed.
struct Expectations {
  enum class AbsentType { refused, allowed };

  enum class AbsentKeyId { refused, allowed };

  std::string type;  // `typ`, with "application/" before it or without, in any case: "at+jwt", "JWT"
  AbsentType absent_type = AbsentType::refused;      // allowed: for what others make, which often has none
  AbsentKeyId absent_key_id = AbsentKeyId::refused;  // allowed: of a token without `kid` it is the only one of the keys
  std::string issuer;
  std::vector<std::string> audiences;  // one of them is the token's
  std::string jwk_set_url;             // the one address that `jku` may have; empty: none
  // How long after `exp` by our clock it is believed: none where that clock has set it.
  std::chrono::seconds expiry_skew = kClockSkew;
  // From now to `exp`, but for the skew. nullopt: any.
  std::optional<std::chrono::seconds> max_lifetime;
};

// The claims of a token that one of `keys` signed. The key is found by the header's `kid`; which algorithms it may be
// used by is said by the key. Errors: those of TokenFault, in the order of its values: what needs no key is checked
// first, and no claim is read before the signature holds. https://www.rfc-editor.org/rfc/rfc8725
Result<Claims> verify_jwt(std::string_view text, std::span<const std::shared_ptr<const Jwk>> keys,
                          const Expectations& expectations, Instant now);

// What verify_jwt says of the claims of a token whose signature holds.
Status judge_claims(const Claims& claims, const Expectations& expectations, Instant now);

// `key` has its private part.
std::string sign_jwt(const Jwk& key, std::string_view type, const Claims& claims);

// The claims as they stand in a payload. Errors: malformed: no JSON object, or a member twice; bad_claims: one is not
// of its type, or `iss` or `exp` is missing.
Result<Claims> read_claims(std::string_view payload);

// Of a claim that is a time: seconds since 1970, perhaps with a fraction. nullopt: it is none.
// https://www.rfc-editor.org/rfc/rfc7519#section-2
std::optional<Instant> read_numeric_date(const json::Value& value);

}  // namespace vesta::identity
