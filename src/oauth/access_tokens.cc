// Issuing and verifying.
#include "oauth/access_tokens.h"

#include <algorithm>
#include <utility>

#include "access/records.h"
#include "base/instant.h"
#include "identity/jws.h"
#include "identity/jwt.h"
#include "identity/tokens.h"
#include "oauth/answers.h"
#include "oauth/form.h"

namespace vesta::oauth {
namespace {

constexpr std::string_view kTokenType = "at+jwt";
constexpr std::size_t kTokenIdBytes = 22;  // of base64url: 132 random bits, and each request brings them

identity::Expectations expectations_of(const Addresses& addresses) {
  identity::Expectations expected;
  expected.type = kTokenType;
  expected.issuer = addresses.issuer;
  expected.audiences = {addresses.fhir_base};
  expected.expiry_skew = {};
  return expected;
}

std::string claim(const identity::Claims& claims, std::string_view name) {
  for (const json::Member& each : claims.others) {
    if (each.name == name && each.value.kind == json::Value::Kind::string) return each.value.text;
  }
  return {};
}

AccessToken token_of(const identity::Claims& claims) {
  AccessToken found;
  found.client = claim(claims, "client_id");
  found.scopes = words_of(claim(claims, "scope"));
  found.session = claim(claims, "sid");
  if (!found.session.empty()) found.user = claims.subject;
  found.patient = claim(claims, "patient");
  found.id = claims.id;
  found.issued_at = claims.issued_at.value_or(Instant{});
  found.expires_at = claims.expires_at;
  return found;
}

}  // namespace

AccessTokens::AccessTokens(const Addresses& addresses, SigningKeys& keys, Clock& clock, Random& random)
    : addresses_(addresses), keys_(keys), clock_(clock), random_(random), verifier_(expectations_of(addresses)) {}

std::string subject_of(const AccessToken& token) {
  return token.user.empty() ? std::string(access::kClient) + "/" + token.client : token.user;
}

Result<AccessTokens::Issued> AccessTokens::issue(const AccessToken& token) {
  std::chrono::seconds lifetime = token.user.empty() ? kClientTokenLifetime : kUserTokenLifetime;
  identity::Claims claims;
  claims.issuer = addresses_.issuer;
  claims.subject = subject_of(token);
  claims.audiences = {addresses_.fhir_base};
  claims.issued_at = clock_.now();
  if (token.latest_end != Instant{}) {
    const std::chrono::microseconds left(token.latest_end.value - claims.issued_at->value);
    lifetime = std::clamp(std::chrono::floor<std::chrono::seconds>(left), std::chrono::seconds(0), lifetime);
  }
  claims.expires_at = later_by(*claims.issued_at, lifetime);
  claims.id = identity::new_secret(random_).substr(0, kTokenIdBytes);
  claims.others = {{"client_id", text(token.client)}, {"scope", text(joined(token.scopes))}};
  if (!token.session.empty()) claims.others.push_back({"sid", text(token.session)});
  if (!token.patient.empty()) claims.others.push_back({"patient", text(token.patient)});
  std::string issued = identity::sign_jwt(*keys_.signing_key(kTokenAlgorithm), kTokenType, claims);
  if (issued.size() > identity::kMaxJwtBytes) return too_many_scopes();
  return Issued{std::move(issued), lifetime};
}

Result<std::shared_ptr<const AccessToken>> AccessTokens::verify(std::string_view token) {
  {
    std::shared_ptr<const identity::Jwk> newest = keys_.signing_key(kTokenAlgorithm);
    const std::uint64_t revision = keys_.revision();
    const MutexLock lock(mutex_);
    if (newest != known_key_ || revision != known_revision_) verifier_.set_keys(keys_.verifying_keys());
    known_key_ = std::move(newest);
    known_revision_ = revision;
  }
  VESTA_TRY(const std::shared_ptr<const identity::Claims> claims, verifier_.verify(token, clock_.now()));
  {
    const MutexLock lock(mutex_);
    if (const Read* const read = read_.find(claims->id); read != nullptr && read->claims == claims) return read->token;
  }
  const auto token_of_claims = std::make_shared<const AccessToken>(token_of(*claims));
  const MutexLock lock(mutex_);
  read_.put(claims->id, {claims, token_of_claims});
  return token_of_claims;
}

Result<AccessTokens::Verified> AccessTokens::verified(std::string_view token) {
  Verified verified{nullptr, keys_.revision(), clock_.now(), {}};
  VESTA_TRY(verified.token, verify(token));
  verified.until = verified.token->expires_at;
  return verified;
}

bool AccessTokens::still_holds(const Verified& verified) const {
  const Instant now = clock_.now();
  return verified.revision == keys_.revision() && verified.at <= now && now < later_by(verified.at, kVerifiedAge) &&
         now < verified.until;
}

}  // namespace vesta::oauth
