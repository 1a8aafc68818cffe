// Reading, judging and writing of claims.
#include "identity/jwt.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/instant.h"
#include "http/ascii.h"
#include "identity/fault.h"
#include "identity/jws.h"

namespace vesta::identity {
namespace {

constexpr double kMaxNumericDate = 253'402'300'799;  // the end of the year 9999
constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

bool read_text(const json::Value& value, std::string& out) {
  if (value.kind != json::Value::Kind::string) return false;
  out = value.text;
  return true;
}

bool read_instant(const json::Value& value, std::optional<Instant>& out) {
  out = read_numeric_date(value);
  return out.has_value();
}

// One text or several. https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3
bool read_audiences(const json::Value& value, std::vector<std::string>& out) {
  if (value.kind == json::Value::Kind::string) {
    out = {value.text};
    return true;
  }
  for (const json::Value& item : value.items) {
    if (item.kind != json::Value::Kind::string) return false;
    out.push_back(item.text);
  }
  return !out.empty();
}

// False: it is not of its type.
bool read_claim(json::Member& member, Claims& claims, std::optional<Instant>& expires_at) {
  const json::Value& value = member.value;
  if (member.name == "iss") return read_text(value, claims.issuer);
  if (member.name == "sub") return read_text(value, claims.subject);
  if (member.name == "jti") return read_text(value, claims.id);
  if (member.name == "aud") return read_audiences(value, claims.audiences);
  if (member.name == "exp") return read_instant(value, expires_at);
  if (member.name == "nbf") return read_instant(value, claims.not_before);
  if (member.name == "iat") return read_instant(value, claims.issued_at);
  claims.others.push_back(std::move(member));
  return true;
}

// https://www.rfc-editor.org/rfc/rfc7515#section-4.1.9
bool is_type(std::string_view found, const Expectations& expectations) {
  if (found.empty()) return expectations.absent_type == Expectations::AbsentType::allowed;
  constexpr std::string_view kPrefix = "application/";
  if (http::equals_ignoring_case(found.substr(0, kPrefix.size()), kPrefix)) found.remove_prefix(kPrefix.size());
  return http::equals_ignoring_case(found, expectations.type);
}

json::Value date_value(Instant instant) {
  json::Value value;
  value.text = std::to_string(instant.value / kMicrosecondsPerSecond);
  return value;
}

json::Value audience_value(const std::vector<std::string>& audiences) {
  if (audiences.size() == 1) return text_value(audiences.front());
  json::Value value;
  value.kind = json::Value::Kind::array;
  for (const std::string& each : audiences) value.items.push_back(text_value(each));
  return value;
}

json::Value to_json(const Claims& claims) {
  json::Value object;
  object.kind = json::Value::Kind::object;
  const auto add = [&](const char* name, json::Value value) { object.members.push_back({name, std::move(value)}); };
  add("iss", text_value(claims.issuer));
  if (!claims.subject.empty()) add("sub", text_value(claims.subject));
  if (!claims.audiences.empty()) add("aud", audience_value(claims.audiences));
  add("exp", date_value(claims.expires_at));
  if (claims.not_before) add("nbf", date_value(*claims.not_before));
  if (claims.issued_at) add("iat", date_value(*claims.issued_at));
  if (!claims.id.empty()) add("jti", text_value(claims.id));
  object.members.insert(object.members.end(), claims.others.begin(), claims.others.end());
  return object;
}

}  // namespace

std::optional<Instant> read_numeric_date(const json::Value& value) {
  if (value.kind != json::Value::Kind::literal) return std::nullopt;
  double seconds = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [stopped, error] = std::from_chars(value.text.data(), end, seconds);
  if (error != std::errc() || stopped != end || !(seconds >= 0) || seconds > kMaxNumericDate) return std::nullopt;
  return Instant{std::llround(seconds * static_cast<double>(kMicrosecondsPerSecond))};
}

Result<Claims> read_claims(std::string_view payload) {
  auto object = json::parse_value(payload);
  if (!object.ok() || object->kind != json::Value::Kind::object) return refuse(TokenFault::malformed);
  Claims claims;
  std::optional<Instant> expires_at;
  for (json::Member& member : object->members) {
    if (!read_claim(member, claims, expires_at)) return refuse(TokenFault::bad_claims);
  }
  if (!expires_at || claims.issuer.empty()) return refuse(TokenFault::bad_claims);
  claims.expires_at = *expires_at;
  return claims;
}

Result<Claims> verify_jwt(std::string_view text, std::span<const std::shared_ptr<const Jwk>> keys,
                          const Expectations& expectations, Instant now) {
  VESTA_TRY(const Jws jws, read_jws(text));
  if (!jws.jwk_set_url.empty() && jws.jwk_set_url != expectations.jwk_set_url) {
    return refuse(TokenFault::embedded_key);
  }
  if (!is_type(jws.type, expectations)) return refuse(TokenFault::wrong_type);
  const bool is_nameless = jws.key_id.empty() && expectations.absent_key_id == Expectations::AbsentKeyId::allowed;
  const Jwk* const key = is_nameless ? find_only_key(keys, jws.algorithm) : find_key(keys, jws.key_id, jws.algorithm);
  if (key == nullptr) return refuse(TokenFault::unknown_key);
  if (!has_signature_of(jws, *key)) return refuse(TokenFault::bad_signature);
  VESTA_TRY(Claims claims, read_claims(jws.payload));
  VESTA_CHECK_OK(judge_claims(claims, expectations, now));
  return claims;
}

Status judge_claims(const Claims& claims, const Expectations& expectations, Instant now) {
  if (claims.issuer != expectations.issuer) return refuse(TokenFault::wrong_issuer);
  const bool is_for_us = std::ranges::any_of(claims.audiences, [&](const std::string& each) {
    return std::ranges::find(expectations.audiences, each) != expectations.audiences.end();
  });
  if (!is_for_us) return refuse(TokenFault::wrong_audience);
  if (later_by(claims.expires_at, expectations.expiry_skew) <= now) return refuse(TokenFault::expired);
  const Instant latest_start = later_by(now, kClockSkew);
  if (claims.not_before.value_or(now) > latest_start) return refuse(TokenFault::not_yet_valid);
  if (claims.issued_at.value_or(now) > latest_start) return refuse(TokenFault::not_yet_valid);
  if (expectations.max_lifetime && claims.expires_at > later_by(latest_start, *expectations.max_lifetime)) {
    return refuse(TokenFault::too_long_lived);
  }
  return kOk;
}

std::string sign_jwt(const Jwk& key, std::string_view type, const Claims& claims) {
  std::string payload;
  json::append_value(to_json(claims), payload);
  return sign_jws(key, type, payload);
}

}  // namespace vesta::identity
