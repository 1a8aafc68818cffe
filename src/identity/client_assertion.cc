// What a client's assertion must be beyond a valid token.
#include "identity/client_assertion.h"

#include <algorithm>
#include <utility>

#include "base/instant.h"
#include "identity/fault.h"
#include "identity/jws.h"
#include "identity/jwt.h"

namespace vesta::identity {

Result<std::string> claimed_client_id(std::string_view assertion) {
  VESTA_TRY(const Jws jws, read_jws(assertion));
  VESTA_TRY(Claims claims, read_claims(jws.payload));
  return std::move(claims.issuer);
}

Result<ClientAssertion> verify_client_assertion(std::string_view assertion, std::string_view client_id,
                                                std::span<const std::shared_ptr<const Jwk>> keys,
                                                const AssertionExpectations& expectations, Instant now) {
  Expectations token;
  token.type = "JWT";
  token.absent_type = Expectations::AbsentType::allowed;  // SMART wants it, RFC 7523 does not: libraries leave it out
  token.issuer = client_id;
  token.audiences = expectations.audiences;
  token.jwk_set_url = expectations.jwk_set_url;
  token.max_lifetime = kMaxAssertionLifetime;
  VESTA_TRY(Claims claims, verify_jwt(assertion, keys, token, now));
  if (claims.subject != client_id) return refuse(TokenFault::wrong_subject);
  // One that is for another server too could be used here by that server.
  const bool is_for_us_alone = std::ranges::all_of(claims.audiences, [&](const std::string& audience) {
    return std::ranges::find(expectations.audiences, audience) != expectations.audiences.end();
  });
  if (!is_for_us_alone) return refuse(TokenFault::wrong_audience);
  if (claims.id.empty() || claims.id.size() > kMaxAssertionIdBytes) return refuse(TokenFault::bad_claims);
  const Instant remember_until = later_by(claims.expires_at, kClockSkew);
  return ClientAssertion{std::string(client_id), std::move(claims.id), remember_until};
}

}  // namespace vesta::identity
