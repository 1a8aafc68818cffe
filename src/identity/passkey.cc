// The parts that browsers write are read here, those of authenticators by libfido2.
#include "identity/passkey.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "http/ascii.h"
#include "identity/cipher.h"
#include "identity/digest.h"
#include "identity/jwk.h"
#include "json/document.h"

namespace vesta::identity {
namespace {

using namespace std::string_view_literals;

// A public key as CBOR: authenticators write it in one way alone, with nothing beside. The parts are apart by numbers
// of so many bytes. https://www.w3.org/TR/webauthn-2/#sctn-encoded-credPubKey-examples
struct KeyForm {
  std::string_view head;
  std::size_t first_bytes;
  std::string_view middle;
  std::size_t second_bytes;

  std::size_t size() const { return head.size() + first_bytes + middle.size() + second_bytes; }
  bool begins(std::string_view text) const {
    return text.size() >= size() && text.starts_with(head) &&
           text.substr(head.size() + first_bytes).starts_with(middle);
  }
};
struct AlgorithmRow {
  PasskeyAlgorithm algorithm;
  std::string_view name;
  int cose;
  KeyForm form;
};
constexpr std::array<AlgorithmRow, 3> kAlgorithms{{
    {PasskeyAlgorithm::es256,
     "ES256",
     COSE_ES256,
     {"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"sv, 32, "\x22\x58\x20"sv, 32}},
    {PasskeyAlgorithm::eddsa, "EdDSA", COSE_EDDSA, {"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"sv, 32, ""sv, 0}},
    {PasskeyAlgorithm::rs256,
     "RS256",
     COSE_RS256,
     {"\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00"sv, 256, "\x21\x43\x01\x00\x01"sv, 0}},
}};

const AlgorithmRow& row_of(PasskeyAlgorithm algorithm) {
  return *std::ranges::find(kAlgorithms, algorithm, &AlgorithmRow::algorithm);
}

// In the order of PasskeyFault.
constexpr std::array<std::string_view, 12> kFaults{"too_large",           "malformed",        "wrong_type",
                                                   "wrong_challenge",     "wrong_origin",     "cross_origin",
                                                   "wrong_relying_party", "user_not_present", "user_not_verified",
                                                   "unsupported_key",     "bad_signature",    "counter_went_back"};

Error refuse_passkey(PasskeyFault fault) {
  return make_error(Category::invalid, std::string(name_of(fault)));
}

// https://www.w3.org/TR/webauthn-2/#flags
constexpr std::uint8_t kUserPresent = 0x01;
constexpr std::uint8_t kUserVerified = 0x04;
constexpr std::uint8_t kExtended = 0x80;

// Where things stand. https://www.w3.org/TR/webauthn-2/#sctn-authenticator-data
constexpr std::size_t kDigestBytes = 32;  // of the relying party's id, in front of all else
constexpr std::size_t kFlagsAt = kDigestBytes;
constexpr std::size_t kSignedDataBytes = kFlagsAt + 1 + 4;  // with the counter
constexpr std::size_t kIdLengthAt = kSignedDataBytes + 16;  // behind the id of the model
constexpr std::size_t kIdAt = kIdLengthAt + 2;

struct FreeMade {
  void operator()(fido_cred_t* made) const { fido_cred_free(&made); }
};
struct FreeSigned {
  void operator()(fido_assert_t* was_signed) const { fido_assert_free(&was_signed); }
};
using Made = std::unique_ptr<fido_cred_t, FreeMade>;
using Signed = std::unique_ptr<fido_assert_t, FreeSigned>;

std::string bytes_of(const unsigned char* data, std::size_t size) {
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

// Of a member that may be left out; anything but false is not ours.
bool is_false_or_absent(const json::Value* value) {
  return value == nullptr || (value->kind == json::Value::Kind::literal && value->text == "false");
}

// Steps 5 to 10 of a registration, 7 to 12 of an assertion. Members that are not known are passed over: browsers add
// some. https://www.w3.org/TR/webauthn-2/#dictdef-collectedclientdata
Status check_client_data(std::string_view text, std::string_view type, const PasskeyRequest& request) {
  if (text.size() > kMaxClientDataBytes) return refuse_passkey(PasskeyFault::too_large);
  const auto value = json::parse_value(text);
  if (!value.ok() || value->kind != json::Value::Kind::object) return refuse_passkey(PasskeyFault::malformed);
  const auto member = [&](std::string_view name) {
    const std::string* const found = find_text(*value, name);
    return found == nullptr ? std::string_view() : std::string_view(*found);
  };
  if (member("type") != type) return refuse_passkey(PasskeyFault::wrong_type);
  if (request.challenge.empty() || !equal_in_constant_time(member("challenge"), request.challenge)) {
    return refuse_passkey(PasskeyFault::wrong_challenge);
  }
  if (member("origin") != request.party.origin) return refuse_passkey(PasskeyFault::wrong_origin);
  if (!is_false_or_absent(value->find("crossOrigin")) || value->find("topOrigin") != nullptr) {
    return refuse_passkey(PasskeyFault::cross_origin);
  }
  return kOk;
}

// Steps 13 to 15 of a registration, 15 to 17 of an assertion.
Status check_authenticator(std::string_view data, std::uint8_t flags, const PasskeyRequest& request) {
  if (data.substr(0, kDigestBytes) != sha256(request.party.id)) {
    return refuse_passkey(PasskeyFault::wrong_relying_party);
  }
  if ((flags & kUserPresent) == 0) return refuse_passkey(PasskeyFault::user_not_present);
  if (request.verification == UserVerification::needed && (flags & kUserVerified) == 0) {
    return refuse_passkey(PasskeyFault::user_not_verified);
  }
  return kOk;
}

// As libfido2 wants one to verify by; null: the bytes are no key, or a point that is not on the curve.
std::shared_ptr<void> key_of(const Passkey& passkey) {
  const auto made = [&](auto* key, auto from, auto free) {
    auto release = [free](void* kept) {
      auto* typed = static_cast<decltype(key)>(kept);
      free(&typed);
    };
    std::shared_ptr<void> owned(key, release);
    return from(key, input(passkey.key), passkey.key.size()) == FIDO_OK ? owned : nullptr;
  };
  switch (passkey.algorithm) {
    case PasskeyAlgorithm::es256:
      return made(es256_pk_new(), es256_pk_from_ptr, es256_pk_free);
    case PasskeyAlgorithm::eddsa:
      return made(eddsa_pk_new(), eddsa_pk_from_ptr, eddsa_pk_free);
    case PasskeyAlgorithm::rs256:
      break;
  }
  return made(rs256_pk_new(), rs256_pk_from_ptr, rs256_pk_free);
}

struct Split {
  const AlgorithmRow* algorithm;
  std::string without_extensions;
};
// libfido2 reads CBOR with a library that allocates what a length says before it is there: many GB for a few bytes. It
// gets a key of a known form alone, and nothing of extensions, which nobody has asked for. Nothing here is signed.
Result<Split> split(std::string_view data) {
  if (data.size() < kIdAt) return refuse_passkey(PasskeyFault::malformed);
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(data[at])); };
  const std::size_t id_bytes = byte(kIdLengthAt) << 8 | byte(kIdLengthAt + 1);
  if (id_bytes > kMaxCredentialIdBytes) return refuse_passkey(PasskeyFault::too_large);
  if (id_bytes == 0 || data.size() < kIdAt + id_bytes) return refuse_passkey(PasskeyFault::malformed);
  const std::string_view key = data.substr(kIdAt + id_bytes);
  const auto found = std::ranges::find_if(kAlgorithms, [&](const AlgorithmRow& each) { return each.form.begins(key); });
  if (found == kAlgorithms.end()) return refuse_passkey(PasskeyFault::unsupported_key);
  Split parts{found, std::string(data.substr(0, kIdAt + id_bytes + found->form.size()))};
  parts.without_extensions[kFlagsAt] = static_cast<char>(byte(kFlagsAt) & ~std::size_t{kExtended});
  return parts;
}

}  // namespace

RelyingParty relying_party_of(std::string_view address) {
  const std::size_t colon = address.find("://");
  const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 3;
  std::string_view authority = address.substr(begin, address.find('/', begin) - begin);
  const std::string scheme = http::lower_case(address.substr(0, begin));
  const std::string_view implied = scheme == "https://" ? ":443" : ":80";
  if (authority.ends_with(implied)) authority.remove_suffix(implied.size());
  const std::string place = http::lower_case(authority);
  const std::size_t port = place.rfind(':');
  const bool has_port = port != std::string::npos && place.find(']', port) == std::string::npos;
  return {has_port ? place.substr(0, port) : place, scheme + place};
}

std::string_view name_of(PasskeyAlgorithm algorithm) {
  return row_of(algorithm).name;
}

std::optional<PasskeyAlgorithm> parse_passkey_algorithm(std::string_view name) {
  const auto found = std::ranges::find(kAlgorithms, name, &AlgorithmRow::name);
  return found == kAlgorithms.end() ? std::nullopt : std::optional(found->algorithm);
}

int cose_number_of(PasskeyAlgorithm algorithm) {
  return row_of(algorithm).cose;
}

std::string_view name_of(PasskeyFault fault) {
  return kFaults.at(static_cast<std::size_t>(fault));
}

Result<Passkey> verify_creation(const PasskeyCreation& creation, const PasskeyRequest& request) {
  VESTA_CHECK_OK(check_client_data(creation.client_data, "webauthn.create", request));
  const std::string_view data = creation.authenticator_data;
  if (data.size() > kMaxAuthenticatorDataBytes) return refuse_passkey(PasskeyFault::too_large);
  VESTA_TRY(const Split parts, split(data));
  const std::string& plain = parts.without_extensions;
  const Made made(fido_cred_new());
  const bool is_read = made != nullptr && fido_cred_set_type(made.get(), parts.algorithm->cose) == FIDO_OK &&
                       fido_cred_set_authdata_raw(made.get(), input(plain), plain.size()) == FIDO_OK;
  if (!is_read) return refuse_passkey(PasskeyFault::malformed);
  VESTA_CHECK_OK(check_authenticator(data, fido_cred_flags(made.get()), request));
  Passkey passkey{bytes_of(fido_cred_id_ptr(made.get()), fido_cred_id_len(made.get())), parts.algorithm->algorithm,
                  bytes_of(fido_cred_pubkey_ptr(made.get()), fido_cred_pubkey_len(made.get())),
                  fido_cred_sigcount(made.get())};
  if (key_of(passkey) == nullptr) return refuse_passkey(PasskeyFault::unsupported_key);
  return passkey;
}

Result<std::uint32_t> verify_assertion(const PasskeyAssertion& assertion, const Passkey& passkey,
                                       const PasskeyRequest& request) {
  VESTA_CHECK_OK(check_client_data(assertion.client_data, "webauthn.get", request));
  const std::string_view data = assertion.authenticator_data;
  if (assertion.signature.size() > kMaxPasskeySignatureBytes) return refuse_passkey(PasskeyFault::too_large);
  // No key stands in it, and no extension was asked for: with one it is refused unread, see split.
  if (data.size() != kSignedDataBytes) return refuse_passkey(PasskeyFault::malformed);
  const Signed was_signed(fido_assert_new());
  const std::string& client_data = assertion.client_data;
  const std::string& signature = assertion.signature;
  const bool is_read =
      was_signed != nullptr && fido_assert_set_count(was_signed.get(), 1) == FIDO_OK &&
      fido_assert_set_rp(was_signed.get(), request.party.id.c_str()) == FIDO_OK &&
      fido_assert_set_up(was_signed.get(), FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_clientdata(was_signed.get(), input(client_data), client_data.size()) == FIDO_OK &&
      fido_assert_set_authdata_raw(was_signed.get(), 0, input(data), data.size()) == FIDO_OK &&
      fido_assert_set_sig(was_signed.get(), 0, input(signature), signature.size()) == FIDO_OK;
  if (!is_read) return refuse_passkey(PasskeyFault::malformed);
  VESTA_CHECK_OK(check_authenticator(data, fido_assert_flags(was_signed.get(), 0), request));
  const std::shared_ptr<void> key = key_of(passkey);
  if (key == nullptr) return refuse_passkey(PasskeyFault::unsupported_key);
  if (fido_assert_verify(was_signed.get(), 0, cose_number_of(passkey.algorithm), key.get()) != FIDO_OK) {
    return refuse_passkey(PasskeyFault::bad_signature);
  }
  // Step 21. An authenticator that does not count says zero each time.
  const std::uint32_t counter = fido_assert_sigcount(was_signed.get(), 0);
  const bool has_grown = counter > passkey.counter || (counter == 0 && passkey.counter == 0);
  return has_grown ? Result<std::uint32_t>(counter) : refuse_passkey(PasskeyFault::counter_went_back);
}

}  // namespace vesta::identity
