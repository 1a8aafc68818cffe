// private_key_jwt: a client proves who it is by a token of its own key.
// https://www.rfc-editor.org/rfc/rfc7523#section-3
// https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "identity/jwk.h"

namespace vesta::identity {

inline constexpr std::string_view kClientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
inline constexpr std::chrono::minutes kMaxAssertionLifetime{5};  // as SMART says
inline constexpr std::size_t kMaxAssertionIdBytes = 256;         // of `jti`: each is remembered

struct AssertionExpectations {
  std::vector<std::string> audiences;  // the token endpoint and the issuer: an assertion names nobody else
  std::string jwk_set_url;             // that the client is registered with; empty: none
};

struct ClientAssertion {
  std::string client_id;
  std::string id;          // refuse it, of this client, when it comes again
  Instant remember_until;  // after that it is refused as expired
};

// Who says to have made it: to find the keys, and for nothing else, as nothing is verified. Errors: those of
// TokenFault.
Result<std::string> claimed_client_id(std::string_view assertion);

// Errors: those of TokenFault; wrong_subject: `sub` or `iss` is not the client.
Result<ClientAssertion> verify_client_assertion(std::string_view assertion, std::string_view client_id,
                                                std::span<const std::shared_ptr<const Jwk>> keys,
                                                const AssertionExpectations& expectations, Instant now);

}  // namespace vesta::identity
