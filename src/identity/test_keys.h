// Keys for tests: those of the RFCs' examples, known to everybody, and tokens signed by them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/check.h"
#include "identity/jwk.h"
#include "identity/jws.h"
#include "identity/jwt.h"
#include "identity/test_support.h"

namespace vesta::identity {

// https://www.rfc-editor.org/rfc/rfc7515#appendix-A.2, with `kid` and `alg`
inline constexpr std::string_view kRfcRsaKey =
    R"({"kty":"RSA","kid":"rsa","alg":"RS256","e":"AQAB",)"
    R"("n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF)"
    R"(d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTB)"
    R"(EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2)"
    R"(PAcDTW9gb54h4FRWyuXpoQ",)"
    R"("d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395)"
    R"(IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZH)"
    R"(HzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjn)"
    R"(czT0QU91p1DhOVRuOopznQ",)"
    R"("p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7)"
    R"(ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",)"
    R"("q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wD)"
    R"(mpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",)"
    R"("dp":"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12)"
    R"(Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",)"
    R"("dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjM)"
    R"(d2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",)"
    R"("qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKL)"
    R"(EdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U"})";

// https://www.rfc-editor.org/rfc/rfc7515#appendix-A.3, with `kid` and `alg`
inline constexpr std::string_view kRfcEcKey =
    R"({"kty":"EC","kid":"ec","alg":"ES256","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})";

inline std::shared_ptr<const Jwk> private_key(std::string_view text) {
  auto key = Jwk::parse_private(json::parse_value(text).value());
  CHECK(key.ok());
  return std::make_shared<const Jwk>(*std::move(key));
}

// What others see of it.
inline std::shared_ptr<const Jwk> public_part(const Jwk& key) {
  auto part = Jwk::parse_public(key.public_value());
  CHECK(part.ok() && part->has_value());
  return std::make_shared<const Jwk>(**std::move(part));
}

inline const Keys& signing_keys() {
  static const Keys keys = {private_key(kRfcEcKey), private_key(kRfcRsaKey)};
  return keys;
}

inline const Keys& public_keys() {
  static const Keys keys = {public_part(*signing_keys()[0]), public_part(*signing_keys()[1])};
  return keys;
}

// header.payload.signature, of any texts.
inline std::string token_of(std::string_view header, std::string_view payload, std::string_view signature) {
  std::string text;
  append_base64url(header, text);
  text += '.';
  append_base64url(payload, text);
  text += '.';
  append_base64url(signature, text);
  return text;
}

// A token of an access to the API, and who expects it.
inline constexpr Instant kSampleNow = at_seconds(1'767'225'600);
inline Claims sample_claims() {
  Claims claims;
  claims.issuer = "https://vesta.example";
  claims.subject = "user-1";
  claims.audiences = {"https://vesta.example/fhir"};
  claims.expires_at = {kSampleNow.value + 300'000'000};
  return claims;
}
inline Expectations sample_expectations() {
  Expectations expectations;
  expectations.type = "at+jwt";
  expectations.issuer = "https://vesta.example";
  expectations.audiences = {"https://vesta.example/fhir"};
  return expectations;
}

}  // namespace vesta::identity
