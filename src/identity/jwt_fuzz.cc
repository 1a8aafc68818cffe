// Fuzzes the verification of tokens: of any text, and of signed ones with any payload. Nothing that was not signed is
// believed.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "identity/client_assertion.h"
#include "identity/jwks.h"
#include "identity/jws.h"
#include "identity/jwt.h"
#include "identity/test_keys.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

// Without the signature, which is another one each time.
std::string_view signing_input(std::string_view token) {
  return token.substr(0, token.rfind('.'));
}

// The seeds have the only two tokens that were ever signed.
bool was_signed(std::string_view token) {
  static const std::string inputs[] = {
      std::string(signing_input(sign_jwt(*signing_keys()[0], "at+jwt", sample_claims()))),
      std::string(signing_input(sign_jwt(*signing_keys()[1], "at+jwt", sample_claims())))};
  return signing_input(token) == inputs[0] || signing_input(token) == inputs[1];
}

void verify_any_text(std::string_view text) {
  const auto claims = verify_jwt(text, public_keys(), sample_expectations(), kSampleNow);
  CHECK(!claims.ok() || was_signed(text));
  CHECK(claims.ok() || claims.error().category == Category::unauthenticated);
  CHECK(!verify_client_assertion(text, "client-1", public_keys(), {}, kSampleNow).ok());
}

// A header and a payload, apart by a line's end, without a right signature.
void verify_forgery(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return;
  verify_any_text(token_of(text.substr(0, end), text.substr(end + 1), std::string(64, 'x')));
}

// What is signed is read: it must be what is asked for, or be refused.
void verify_signed(std::string_view payload) {
  const Expectations expectations = sample_expectations();
  const auto claims =
      verify_jwt(sign_jws(*signing_keys()[0], "at+jwt", payload), public_keys(), expectations, kSampleNow);
  if (claims.ok()) {
    CHECK(claims->issuer == expectations.issuer && claims->expires_at > at_seconds(1'767'225'600 - kClockSkew.count()));
  }
}

}  // namespace
}  // namespace vesta::identity

// The first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta::identity;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'h':
      verify_forgery(rest);
      break;
    case 'p':
      verify_signed(rest);
      break;
    case 'k':
      (void)parse_jwks(rest);
      break;
    default:
      verify_any_text(rest);
  }
  return 0;
}
