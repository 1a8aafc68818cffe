// Fuzzes what browsers send of passkeys: nothing is believed that was not signed, and nothing that is read harms.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "identity/passkey.h"
#include "identity/test_authenticator.h"

namespace vesta::identity {
namespace {

constexpr std::string_view kChallenge = "Y2hhbGxlbmdlIG9mIHRoaXJ0eS10d28gYnl0ZXMgb2Y";

const PasskeyRequest& request() {
  static const PasskeyRequest asked{
      {"vesta.example", "https://vesta.example"}, std::string(kChallenge), UserVerification::needed};
  return asked;
}

void create(const PasskeyCreation& creation) {
  const auto passkey = verify_creation(creation, request());
  if (!passkey.ok()) {
    CHECK(passkey.error().category == Category::invalid);
    return;
  }
  CHECK(!passkey->id.empty() && passkey->id.size() <= kMaxCredentialIdBytes && !passkey->key.empty());
  const PasskeyAssertion unsigned_by_it{creation.client_data, creation.authenticator_data, std::string(64, 's')};
  CHECK(!verify_assertion(unsigned_by_it, *passkey, request()).ok());
}

void sign(const PasskeyAssertion& assertion) {
  static const Passkey passkey = *verify_creation(TestAuthenticator(request().party).create(kChallenge), request());
  CHECK(!verify_assertion(assertion, passkey, request()).ok());
}

}  // namespace
}  // namespace vesta::identity

// The first byte says what the rest is: client data, or what an authenticator writes beside the right client data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta::identity;
  if (size == 0) return 0;
  static const TestAuthenticator authenticator(request().party);
  static const PasskeyCreation good = authenticator.create(kChallenge);
  std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'c':
      create({rest, good.authenticator_data});
      break;
    case 'k': {
      // Behind the head of the right data: an id's length, an id, a key, extensions.
      constexpr std::size_t kHead = 32 + 1 + 4 + 16;
      create({good.client_data, good.authenticator_data.substr(0, kHead) + rest});
      break;
    }
    case 'a':
      create({good.client_data, rest});
      break;
    default:
      sign({R"({"type":"webauthn.get","challenge":")" + std::string(kChallenge) +
                R"(","origin":"https://vesta.example"})",
            rest, std::string(70, 's')});
      sign({rest, good.authenticator_data, rest});
  }
  return 0;
}
