// Tests of tokens: the RFC's vectors, and every forgery that issue and RFC 8725 name.
#include "identity/jwt.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <functional>

#include "identity/fault.h"
#include "identity/jws.h"
#include "identity/test_keys.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::string_view kIssuer = "https://vesta.example";
constexpr std::string_view kRfcPayload =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
constexpr std::string_view kRfcEncodedPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
// https://www.rfc-editor.org/rfc/rfc7515#appendix-A.2.1
constexpr std::string_view kRfcRsaSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ"
    "Ge77Rw";
// https://www.rfc-editor.org/rfc/rfc7515#appendix-A.3.1
constexpr std::string_view kRfcEcSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

std::string rfc_token(std::string_view algorithm, std::string_view signature) {
  std::string header;
  append_base64url("{\"alg\":\"" + std::string(algorithm) + "\"}", header);
  return header + "." + std::string(kRfcEncodedPayload) + "." + std::string(signature);
}

class JwtTest : public testing::Test {
 protected:
  JwtTest() {
    claims_.issuer = kIssuer;
    claims_.subject = "user-1";
    claims_.audiences = {"https://vesta.example/fhir"};
    claims_.issued_at = now_;
    claims_.expires_at = later(now_, seconds(300));
    claims_.id = "token-1";
    expectations_.type = "at+jwt";
    expectations_.issuer = kIssuer;
    expectations_.audiences = {"https://vesta.example/fhir", "https://vesta.example"};
  }

  static Instant later(Instant instant, microseconds time) { return {instant.value + time.count()}; }

  // "" if it is believed.
  std::string fault_of(std::string_view token) const { return fault_of(token, now_); }
  std::string fault_of(std::string_view token, Instant now) const {
    const auto claims = verify_jwt(token, public_keys(), expectations_, now);
    if (claims.ok()) return "";
    EXPECT_EQ(claims.error().category, Category::unauthenticated);
    return claims.error().message;
  }
  std::string expected(TokenFault fault) const { return std::string(name_of(fault)); }

  std::string token() const { return sign_jwt(*signing_keys()[0], "at+jwt", claims_); }
  // Rightly signed, with any payload.
  std::string signed_payload(std::string_view payload) const { return sign_jws(*signing_keys()[0], "at+jwt", payload); }
  // The claims that are right, as JSON, with one member set; "" takes it away.
  std::string payload_with(std::string_view name, std::string_view value) const {
    json::Value object = json::parse_value(payload()).value();
    std::erase_if(object.members, [&](const json::Member& each) { return each.name == name; });
    if (!value.empty()) object.members.push_back({std::string(name), json::parse_value(value).value()});
    std::string text;
    json::append_value(object, text);
    return text;
  }
  std::string payload() const { return read_jws(token()).value().payload; }
  std::string header_of(std::string_view text) const {
    return decode_base64url(text.substr(0, text.find('.'))).value();
  }
  std::string signature_of(std::string_view text) const {
    return decode_base64url(text.substr(text.rfind('.') + 1)).value();
  }
  // Another header over the right payload and a signature of the right length.
  std::string with_header(std::string_view header) const { return token_of(header, payload(), std::string(64, 'x')); }

  const Instant now_ = at_seconds(1'767'225'600);
  Claims claims_;
  Expectations expectations_;
};

TEST_F(JwtTest, TheVectorsOfTheRfc) {
  for (const auto& [algorithm, signature, key] :
       {std::tuple("ES256", kRfcEcSignature, 0), std::tuple("RS256", kRfcRsaSignature, 1)}) {
    const std::string text = rfc_token(algorithm, signature);
    const Jws jws = read_jws(text).value();
    EXPECT_EQ(jws.payload, kRfcPayload);
    EXPECT_TRUE(has_signature_of(jws, *public_keys()[key])) << algorithm;
    EXPECT_FALSE(has_signature_of(jws, *public_keys()[1 - key])) << algorithm;
    const Claims claims = read_claims(jws.payload).value();
    EXPECT_EQ(claims.issuer, "joe");
    EXPECT_EQ(claims.expires_at, at_seconds(1'300'819'380));
    ASSERT_EQ(claims.others.size(), 1u);
    EXPECT_EQ(claims.others[0].name, "http://example.com/is_root");
  }
}

TEST_F(JwtTest, WhatIsSignedIsVerified) {
  claims_.not_before = now_;
  claims_.audiences.push_back("another");
  claims_.others.push_back({"scope", text_value("patient/*.rs \"\xC3\xA4\"")});
  for (const auto& key : signing_keys()) {
    const Claims got = verify_jwt(sign_jwt(*key, "at+jwt", claims_), public_keys(), expectations_, now_).value();
    EXPECT_EQ(got.issuer, claims_.issuer);
    EXPECT_EQ(got.subject, claims_.subject);
    EXPECT_EQ(got.audiences, claims_.audiences);
    EXPECT_EQ(got.expires_at, claims_.expires_at);
    EXPECT_EQ(got.not_before, claims_.not_before);
    EXPECT_EQ(got.issued_at, claims_.issued_at);
    EXPECT_EQ(got.id, claims_.id);
    ASSERT_EQ(got.others.size(), 1u);
    EXPECT_EQ(got.others[0].value.text, claims_.others[0].value.text);
  }
}

TEST_F(JwtTest, NoAlgorithmAndNoSignature) {
  const std::string none = R"({"alg":"none","typ":"at+jwt","kid":"ec"})";
  EXPECT_EQ(fault_of(token_of(none, payload(), "")), expected(TokenFault::unsupported_algorithm));
  EXPECT_EQ(fault_of(with_header(none)), expected(TokenFault::unsupported_algorithm));
  for (const char* spelled : {"None", "NONE", "nOnE", "", "ES256 ", "es256", "ES512", "PS256", "EdDSA"}) {
    EXPECT_EQ(fault_of(with_header(R"({"typ":"at+jwt","kid":"ec","alg":")" + std::string(spelled) + "\"}")),
              expected(TokenFault::unsupported_algorithm))
        << spelled;
  }
  const std::string whole = token();
  EXPECT_EQ(fault_of(whole.substr(0, whole.rfind('.') + 1)), expected(TokenFault::bad_signature)) << "empty";
  EXPECT_EQ(fault_of(token_of(header_of(whole), payload(), std::string(64, '\0'))), expected(TokenFault::bad_signature))
      << "r and s of zero (CVE-2022-21449)";
}

// The public key, in every form in which an attacker may have it, as the secret of an HMAC.
TEST_F(JwtTest, APublicKeyIsNoSecretOfAnHmac) {
  for (const auto& key : public_keys()) {
    std::string jwk;
    json::append_value(key->public_value(), jwk);
    for (const std::string& secret : {jwk, *find_text(key->public_value(), key->id() == "ec" ? "x" : "n")}) {
      std::string input = token_of(R"({"alg":"HS256","typ":"at+jwt","kid":")" + key->id() + "\"}", payload(), "");
      input.pop_back();
      std::string mac(32, '\0');
      ASSERT_NE(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                     reinterpret_cast<const unsigned char*>(input.data()), input.size(),
                     reinterpret_cast<unsigned char*>(mac.data()), nullptr),
                nullptr);
      std::string encoded;
      append_base64url(mac, encoded);
      EXPECT_EQ(fault_of(input + "." + encoded), expected(TokenFault::unsupported_algorithm));
    }
  }
}

TEST_F(JwtTest, AKeyOfAnotherAlgorithmIsNotTheKey) {
  EXPECT_EQ(fault_of(with_header(R"({"alg":"RS256","typ":"at+jwt","kid":"ec"})")), expected(TokenFault::unknown_key));
  EXPECT_EQ(fault_of(with_header(R"({"alg":"ES256","typ":"at+jwt","kid":"rsa"})")), expected(TokenFault::unknown_key));
  EXPECT_EQ(fault_of(with_header(R"({"alg":"RS384","typ":"at+jwt","kid":"rsa"})")), expected(TokenFault::unknown_key));
  EXPECT_EQ(fault_of(with_header(R"({"alg":"ES256","typ":"at+jwt","kid":"gone"})")), expected(TokenFault::unknown_key));
  EXPECT_EQ(fault_of(with_header(R"({"alg":"ES256","typ":"at+jwt"})")), expected(TokenFault::unknown_key));
}

TEST_F(JwtTest, WithoutAnIdItIsTheOnlyKeyWhereThatIsAllowed) {
  json::Value nameless = signing_keys()[0]->private_value();
  nameless.find("kid")->text.clear();
  const std::string token = sign_jwt(Jwk::parse_private(nameless).value(), "at+jwt", claims_);
  EXPECT_EQ(header_of(token).find("kid"), std::string::npos);
  const Keys one = {public_keys()[0]};
  EXPECT_FALSE(verify_jwt(token, one, expectations_, now_).ok());
  expectations_.absent_key_id = Expectations::AbsentKeyId::allowed;
  EXPECT_TRUE(verify_jwt(token, one, expectations_, now_).ok());
  EXPECT_FALSE(verify_jwt(token, public_keys(), expectations_, now_).ok()) << "it may be any";
  EXPECT_FALSE(verify_jwt(token, Keys{public_keys()[1]}, expectations_, now_).ok());
  EXPECT_FALSE(verify_jwt(token, Keys{public_part(Jwk::generate(Algorithm::es256))}, expectations_, now_).ok());
}

TEST_F(JwtTest, AnotherKeyUnderTheSameIdDoesNotSign) {
  json::Value forged = Jwk::generate(Algorithm::es256).private_value();
  forged.find("kid")->text = "ec";
  const Jwk key = Jwk::parse_private(forged).value();
  EXPECT_EQ(fault_of(sign_jwt(key, "at+jwt", claims_)), expected(TokenFault::bad_signature));
}

TEST_F(JwtTest, AnAlteredTokenIsNoToken) {
  for (const auto& key : signing_keys()) {
    const std::string good = sign_jwt(*key, "at+jwt", claims_);
    ASSERT_EQ(fault_of(good), "");
    for (std::size_t at = 0; at < good.size(); at += 3) {
      std::string altered = good;
      altered[at] = altered[at] == 'A' ? 'B' : 'A';
      EXPECT_NE(fault_of(altered), "") << at;
    }
    EXPECT_EQ(fault_of(token_of(header_of(good), payload_with("sub", "\"user-2\""), signature_of(good))),
              expected(TokenFault::bad_signature));
  }
}

// One signature has one text: numbers with zeros before them, or cut short, are another.
TEST_F(JwtTest, SignaturesHaveOneLength) {
  const std::string good = token();
  const std::string signature = signature_of(good);
  const std::string r = signature.substr(0, 32), s = signature.substr(32);
  for (const std::string& other : {std::string(1, '\0') + r + std::string(1, '\0') + s,
                                   signature + std::string(1, '\0'), signature.substr(0, 63), signature + signature}) {
    EXPECT_EQ(fault_of(token_of(header_of(good), payload(), other)), expected(TokenFault::bad_signature));
  }
}

TEST_F(JwtTest, KeysThatATokenBringsAreRefused) {
  for (const char* member : {R"("jwk":{"kty":"EC"})", R"("jwk":null)", R"("x5u":"https://evil.example/")",
                             R"("x5c":["AAAA"])", R"("jku":"https://evil.example/")"}) {
    EXPECT_EQ(fault_of(with_header(R"({"alg":"ES256","typ":"at+jwt","kid":"ec",)" + std::string(member) + "}")),
              expected(TokenFault::embedded_key))
        << member;
  }
  expectations_.jwk_set_url = "https://client.example/jwks";
  const std::string header = R"({"alg":"ES256","typ":"at+jwt","kid":"ec","jku":"https://client.example/jwks)";
  EXPECT_EQ(fault_of(with_header(header + "\"}")), expected(TokenFault::bad_signature)) << "past that check";
  EXPECT_EQ(fault_of(with_header(header + "/\"}")), expected(TokenFault::embedded_key));
}

TEST_F(JwtTest, CriticalExtensionsAreRefused) {
  for (const char* member : {R"("crit":["b64"],"b64":false)", R"("crit":["exp"])", R"("crit":[])", R"("crit":null)"}) {
    EXPECT_EQ(fault_of(with_header(R"({"alg":"ES256","typ":"at+jwt","kid":"ec",)" + std::string(member) + "}")),
              expected(TokenFault::critical_header))
        << member;
  }
}

TEST_F(JwtTest, HeadersThatAreNotWhatTheyMustBe) {
  for (const char* header :
       {"", "7", "[]", "{", R"({"typ":"at+jwt"})", R"({"alg":7})", R"({"alg":["ES256"]})", R"({"alg":null})",
        R"({"alg":"ES256","alg":"none"})", R"({"alg":"ES256","al\u0067":"none"})", R"({"alg":"ES256","kid":7})",
        R"({"alg":"ES256","kid":""})", R"({"alg":"ES256","typ":{}})", R"({"alg":"ES256","jku":7})",
        "{\"alg\":\"ES256\"\xFF}", R"({"alg":"ES256"} {})"}) {
    EXPECT_EQ(fault_of(with_header(header)), expected(TokenFault::malformed)) << header;
  }
}

TEST_F(JwtTest, TextsThatAreNoToken) {
  const std::string good = token();
  const std::size_t first = good.find('.'), last = good.rfind('.');
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("a"), std::string("a.b"), std::string("a.b.c"),
        good.substr(0, last), good + ".", good + ".AAAA", "." + good, good + "=", good + "\n", " " + good,
        good.substr(0, first) + "=" + good.substr(first), good.substr(0, last) + "==" + good.substr(last),
        good.substr(0, first) + "." + good.substr(first), good + std::string(1, '\0')}) {
    EXPECT_EQ(fault_of(bad), expected(TokenFault::malformed)) << bad;
  }
  EXPECT_EQ(fault_of(R"({"payload":"","signatures":[]})"), expected(TokenFault::malformed));
}

TEST_F(JwtTest, TheSizeIsLimitedOnBothSides) {
  // Base64 skips every fourth length: the two headers do so at different ones.
  const auto padded = [&](const Jwk& key, std::size_t size) {
    Claims claims = claims_;
    claims.others.push_back({"pad", text_value("")});
    std::string& pad = claims.others[0].value.text;
    pad.assign((size - sign_jwt(key, "at+jwt", claims).size()) / 4 * 3, 'x');
    std::string text;
    for (; text.size() < size; pad += 'x') text = sign_jwt(key, "at+jwt", claims);
    EXPECT_EQ(text.size(), size);
    return text;
  };
  EXPECT_EQ(fault_of(padded(*signing_keys()[1], kMaxJwtBytes)), "");
  EXPECT_EQ(fault_of(padded(*signing_keys()[0], kMaxJwtBytes + 1)), expected(TokenFault::too_large));
  EXPECT_EQ(fault_of(std::string(kMaxJwtBytes + 1, '{')), expected(TokenFault::too_large)) << "before it is read";
  EXPECT_EQ(fault_of(std::string(kMaxJwtBytes, '{')), expected(TokenFault::malformed));
}

TEST_F(JwtTest, TheTypeIsTheOneThatIsExpected) {
  for (const char* good : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"}) {
    EXPECT_EQ(fault_of(sign_jwt(*signing_keys()[0], good, claims_)), "") << good;
  }
  for (const char* bad : {"JWT", "at+jwt2", "application/", "text/at+jwt", "logout+jwt"}) {
    EXPECT_EQ(fault_of(sign_jwt(*signing_keys()[0], bad, claims_)), expected(TokenFault::wrong_type)) << bad;
  }
  const std::string without = sign_jwt(*signing_keys()[0], "", claims_);
  EXPECT_EQ(fault_of(without), expected(TokenFault::wrong_type));
  expectations_.absent_type = Expectations::AbsentType::allowed;
  EXPECT_EQ(fault_of(without), "");
  EXPECT_EQ(fault_of(sign_jwt(*signing_keys()[0], "JWT", claims_)), expected(TokenFault::wrong_type));
}

TEST_F(JwtTest, IssuerAndAudience) {
  for (const char* issuer : {"https://evil.example", "https://vesta.example/", "https://VESTA.example"}) {
    Claims claims = claims_;
    claims.issuer = issuer;
    EXPECT_EQ(fault_of(sign_jwt(*signing_keys()[0], "at+jwt", claims)), expected(TokenFault::wrong_issuer)) << issuer;
  }
  const std::pair<std::vector<std::string>, bool> audiences[] = {{{"https://vesta.example"}, true},
                                                                 {{"other", "https://vesta.example/fhir"}, true},
                                                                 {{"other"}, false},
                                                                 {{}, false},
                                                                 {{"https://vesta.example/fhir/"}, false}};
  for (const auto& [of_token, is_good] : audiences) {
    Claims claims = claims_;
    claims.audiences = of_token;
    EXPECT_EQ(fault_of(sign_jwt(*signing_keys()[0], "at+jwt", claims)),
              is_good ? "" : expected(TokenFault::wrong_audience));
  }
}

TEST_F(JwtTest, TimesOnBothSidesOfTheSkew) {
  const microseconds tick(1);
  EXPECT_EQ(fault_of(token(), later(claims_.expires_at, kClockSkew - tick)), "");
  EXPECT_EQ(fault_of(token(), later(claims_.expires_at, kClockSkew)), expected(TokenFault::expired));
  EXPECT_EQ(fault_of(token(), later(*claims_.issued_at, -kClockSkew)), "");
  EXPECT_EQ(fault_of(token(), later(*claims_.issued_at, -kClockSkew - tick)), expected(TokenFault::not_yet_valid));
  claims_.issued_at.reset();
  claims_.not_before = later(now_, seconds(100));
  const Instant earliest = later(*claims_.not_before, -kClockSkew);
  EXPECT_EQ(fault_of(token(), earliest), "");
  EXPECT_EQ(fault_of(token(), later(earliest, -tick)), expected(TokenFault::not_yet_valid));
}

TEST_F(JwtTest, TheLifetimeIsLimitedWhereItIsAskedFor) {
  claims_.expires_at = later(now_, seconds(24 * 3600));
  EXPECT_EQ(fault_of(token()), "");
  expectations_.max_lifetime = seconds(600);
  EXPECT_EQ(fault_of(token()), expected(TokenFault::too_long_lived));
  claims_.expires_at = later(now_, seconds(600) + kClockSkew);
  EXPECT_EQ(fault_of(token()), "");
  claims_.expires_at = later(now_, seconds(601) + kClockSkew);
  EXPECT_EQ(fault_of(token()), expected(TokenFault::too_long_lived));
}

TEST_F(JwtTest, ClaimsOfAnotherType) {
  const std::pair<const char*, const char*> bad[] = {{"iss", "7"},
                                                     {"iss", ""},
                                                     {"iss", "\"\""},
                                                     {"iss", "[\"https://vesta.example\"]"},
                                                     {"sub", "7"},
                                                     {"sub", "null"},
                                                     {"aud", "7"},
                                                     {"aud", "[]"},
                                                     {"aud", "[7]"},
                                                     {"aud", "{}"},
                                                     {"aud", "null"},
                                                     {"exp", ""},
                                                     {"exp", "\"9999999999\""},
                                                     {"exp", "null"},
                                                     {"exp", "true"},
                                                     {"exp", "-1"},
                                                     {"exp", "1e400"},
                                                     {"exp", "253402300800"},
                                                     {"exp", "{}"},
                                                     {"nbf", "\"0\""},
                                                     {"nbf", "-5"},
                                                     {"iat", "[]"},
                                                     {"iat", "false"},
                                                     {"jti", "7"},
                                                     {"jti", "[]"}};
  for (const auto& [name, value] : bad) {
    EXPECT_EQ(fault_of(signed_payload(payload_with(name, value))), expected(TokenFault::bad_claims)) << name << value;
  }
  EXPECT_EQ(fault_of(signed_payload(payload_with("exp", "253402300799"))), "") << "the last instant there is";
  EXPECT_EQ(fault_of(signed_payload(payload_with("exp", "1767225900.5"))), "") << "a fraction is a number";
  EXPECT_EQ(fault_of(signed_payload(payload_with("sub", ""))), "");
}

TEST_F(JwtTest, SignedPayloadsThatAreNoClaims) {
  const std::string good = payload();
  for (const std::string& bad :
       {std::string("7"), std::string("[]"), std::string("{"), good + "{}", good.substr(0, good.size() - 1),
        good.substr(0, good.size() - 1) + R"(,"sub":"user-2"})",
        good.substr(0, good.size() - 1) + R"(,"s\u0075b":"x"})",
        good.substr(0, good.size() - 1) + R"(,"deep":)" + std::string(100, '[') + std::string(100, ']') + "}"}) {
    EXPECT_EQ(fault_of(signed_payload(bad)), expected(TokenFault::malformed)) << bad;
  }
}

TEST_F(JwtTest, AFaultSaysWhatItIsInASentence) {
  const Error error = refuse(TokenFault::expired);
  EXPECT_EQ(error.message, "expired");
  ASSERT_EQ(error.issues.size(), 1u);
  EXPECT_EQ(error.issues[0].code, "expired");
  EXPECT_EQ(error.issues[0].diagnostics, "The token has expired.");
  EXPECT_EQ(name_of(TokenFault::too_long_lived), "too_long_lived");
}

}  // namespace
}  // namespace vesta::identity
