// An authenticator of software for tests, with the browser that it is in: each part of what they say can be made wrong.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "identity/cipher.h"
#include "identity/digest.h"
#include "identity/passkey.h"

namespace vesta::identity {

// Holds one passkey, which is there from the beginning.
class TestAuthenticator {
 public:
  explicit TestAuthenticator(RelyingParty party, std::string id = "an id of a credential",
                             PasskeyAlgorithm algorithm = PasskeyAlgorithm::es256)
      : origin(party.origin), rp_id(party.id), id_(std::move(id)), algorithm_(algorithm), key_(new_key(algorithm)) {}

  PasskeyCreation create(std::string_view challenge) const {
    return {client_data("webauthn.create", challenge), authenticator_data(true)};
  }
  PasskeyAssertion sign(std::string_view challenge) {
    if (counts) ++counter;
    PasskeyAssertion assertion{client_data("webauthn.get", challenge), authenticator_data(false), {}};
    assertion.signature = signature_of(assertion.authenticator_data + sha256(assertion.client_data));
    return assertion;
  }
  const std::string& id() const { return id_; }

  std::string type;  // of the client data; empty: the right one
  std::string origin;
  std::string rp_id;
  std::string more;           // members behind the others of the client data
  std::uint8_t flags = 0x05;  // somebody was there, and it is made sure who
  bool counts = true;
  std::uint32_t counter = 7;
  std::string cose_key;  // empty: that of the key

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;

  static Key new_key(PasskeyAlgorithm algorithm) {
    switch (algorithm) {
      case PasskeyAlgorithm::es256:
        return Key(EVP_EC_gen("P-256"));
      case PasskeyAlgorithm::eddsa:
        return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      case PasskeyAlgorithm::rs256:
        break;
    }
    return Key(EVP_RSA_gen(2048));
  }

  std::string client_data(std::string_view right_type, std::string_view challenge) const {
    return R"({"type":")" + (type.empty() ? std::string(right_type) : type) + R"(","challenge":")" +
           std::string(challenge) + R"(","origin":")" + origin + "\"" + more + "}";
  }

  // https://www.w3.org/TR/webauthn-2/#sctn-authenticator-data
  std::string authenticator_data(bool has_key) const {
    std::string data = sha256(rp_id);
    data += static_cast<char>(has_key ? flags | 0x40 : flags);
    for (int shift = 24; shift >= 0; shift -= 8) data += static_cast<char>(counter >> shift & 0xff);
    if (!has_key) return data;
    data.append(16, '\0');
    data += static_cast<char>(id_.size() >> 8);
    data += static_cast<char>(id_.size() & 0xff);
    return data + id_ + (cose_key.empty() ? cose() : cose_key);
  }

  // A map of CBOR, written by hand. https://www.w3.org/TR/webauthn-2/#sctn-encoded-credPubKey-examples
  std::string cose() const {
    using namespace std::string_literals;
    if (algorithm_ == PasskeyAlgorithm::es256) {
      const std::string point = public_bytes();
      return "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + point.substr(1, 32) + "\x22\x58\x20" + point.substr(33);
    }
    if (algorithm_ == PasskeyAlgorithm::eddsa) return "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20" + public_bytes();
    return "\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00"s + modulus() + "\x21\x43\x01\x00\x01"s;
  }
  std::string public_bytes() const {
    unsigned char* bytes = nullptr;
    if (algorithm_ == PasskeyAlgorithm::eddsa) {
      std::string raw(32, '\0');
      std::size_t raw_size = raw.size();
      CHECK(EVP_PKEY_get_raw_public_key(key_.get(), output(raw), &raw_size) == 1);
      return raw;
    }
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key_.get(), &bytes);
    CHECK(size > 0);
    std::string out(reinterpret_cast<const char*>(bytes), size);
    OPENSSL_free(bytes);
    return out;
  }
  std::string modulus() const {
    BIGNUM* number = nullptr;
    CHECK(EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_RSA_N, &number) == 1);
    std::string out(256, '\0');
    CHECK(BN_bn2binpad(number, output(out), 256) == 256);
    BN_free(number);
    return out;
  }
  std::string signature_of(std::string_view bytes) const {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    const EVP_MD* const digest = algorithm_ == PasskeyAlgorithm::eddsa ? nullptr : EVP_sha256();
    CHECK(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_.get()) == 1);
    std::string out(512, '\0');
    std::size_t size = out.size();
    CHECK(EVP_DigestSign(context, output(out), &size, input(bytes), bytes.size()) == 1);
    EVP_MD_CTX_free(context);
    out.resize(size);
    return out;
  }

  std::string id_;
  PasskeyAlgorithm algorithm_;
  Key key_;
};

}  // namespace vesta::identity
