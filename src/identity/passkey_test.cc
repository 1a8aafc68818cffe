// Passkeys of an authenticator of software: what is accepted, and each reason for which one is refused.
#include "identity/passkey.h"

#include <gtest/gtest.h>

#include "identity/test_authenticator.h"

namespace vesta::identity {
namespace {

class PasskeyTest : public ::testing::Test {
 protected:
  static std::string fault_of(const Error& error) {
    EXPECT_EQ(error.category, Category::invalid);
    return error.message;
  }
  std::string creating() const {
    const auto passkey = verify_creation(authenticator_.create(kChallenge), request_);
    return passkey.ok() ? "ok" : fault_of(passkey.error());
  }
  std::string signing() {
    const auto counter = verify_assertion(authenticator_.sign(kChallenge), passkey_, request_);
    return counter.ok() ? "ok" : fault_of(counter.error());
  }
  void expect_both(const std::string& what) {
    EXPECT_EQ(creating(), what);
    EXPECT_EQ(signing(), what);
  }

  static constexpr std::string_view kChallenge = "Y2hhbGxlbmdlIG9mIHRoaXJ0eS10d28gYnl0ZXMgb2Y";
  RelyingParty party_ = relying_party_of("https://vesta.example:8443/hospital");
  PasskeyRequest request_{party_, std::string(kChallenge), UserVerification::needed};
  TestAuthenticator authenticator_{party_};
  Passkey passkey_ = *verify_creation(authenticator_.create(kChallenge), request_);
};

TEST(RelyingParty, IsTheHostAndTheOriginAsBrowsersWriteIt) {
  const auto expect = [](const char* address, const char* id, const char* origin) {
    const RelyingParty party = relying_party_of(address);
    EXPECT_EQ(party.id, id);
    EXPECT_EQ(party.origin, origin);
  };
  expect("https://vesta.example/hospital", "vesta.example", "https://vesta.example");
  expect("https://Vesta.Example:443", "vesta.example", "https://vesta.example");
  expect("https://vesta.example:8443", "vesta.example", "https://vesta.example:8443");
  expect("http://localhost:8080", "localhost", "http://localhost:8080");
  expect("http://localhost:80", "localhost", "http://localhost");
  expect("https://localhost:80", "localhost", "https://localhost:80");
  expect("http://[::1]:8080", "[::1]", "http://[::1]:8080");
  expect("http://[::1]", "[::1]", "http://[::1]");
}

TEST_F(PasskeyTest, IsMadeAndSigns) {
  EXPECT_EQ(passkey_.id, authenticator_.id());
  EXPECT_EQ(passkey_.counter, 7U);
  const auto counter = verify_assertion(authenticator_.sign(kChallenge), passkey_, request_);
  ASSERT_TRUE(counter.ok()) << counter.error().message;
  EXPECT_EQ(*counter, 8U);
}

TEST_F(PasskeyTest, OfEachAlgorithm) {
  for (const auto algorithm : {PasskeyAlgorithm::es256, PasskeyAlgorithm::eddsa, PasskeyAlgorithm::rs256}) {
    TestAuthenticator authenticator(party_, "id", algorithm);
    const auto passkey = verify_creation(authenticator.create(kChallenge), request_);
    ASSERT_TRUE(passkey.ok()) << name_of(algorithm);
    EXPECT_EQ(passkey->algorithm, algorithm);
    EXPECT_EQ(parse_passkey_algorithm(name_of(algorithm)), algorithm);
    PasskeyAssertion assertion = authenticator.sign(kChallenge);
    EXPECT_TRUE(verify_assertion(assertion, *passkey, request_).ok()) << name_of(algorithm);
    assertion.signature.back() = static_cast<char>(assertion.signature.back() ^ 1);
    EXPECT_FALSE(verify_assertion(assertion, *passkey, request_).ok()) << name_of(algorithm);
  }
  EXPECT_EQ(parse_passkey_algorithm("none"), std::nullopt);
}

TEST_F(PasskeyTest, OneCeremonyIsNotTheOther) {
  authenticator_.type = "webauthn.get";
  EXPECT_EQ(creating(), "wrong_type");
  authenticator_.type = "webauthn.create";
  EXPECT_EQ(signing(), "wrong_type");
  authenticator_.type = "payment.get";
  expect_both("wrong_type");
}

TEST_F(PasskeyTest, OfAnotherChallenge) {
  request_.challenge = "another";
  expect_both("wrong_challenge");
  request_.challenge = std::string(kChallenge) + "=";
  expect_both("wrong_challenge");
  request_.challenge = "";
  expect_both("wrong_challenge");
}

TEST_F(PasskeyTest, NoChallengeIsNeverTheRightOne) {
  request_.challenge = "";
  const auto made = verify_creation(authenticator_.create(""), request_);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().message, "wrong_challenge");
}

TEST_F(PasskeyTest, OfAnotherOrigin) {
  for (const char* const origin : {"https://vesta.example", "http://vesta.example:8443", "https://evil.example",
                                   "https://vesta.example:8443/", "https://vesta.example:8443.evil.example", ""}) {
    authenticator_.origin = origin;
    expect_both("wrong_origin");
  }
}

TEST_F(PasskeyTest, InAPageOfAnotherOrigin) {
  authenticator_.more = R"(,"crossOrigin":true)";
  expect_both("cross_origin");
  authenticator_.more = R"(,"crossOrigin":"false")";
  expect_both("cross_origin");
  authenticator_.more = R"(,"topOrigin":"https://evil.example")";
  expect_both("cross_origin");
  authenticator_.more = R"(,"crossOrigin":false,"other_keys_can_be_added_here":"x")";
  expect_both("ok");
}

TEST_F(PasskeyTest, OfAnotherRelyingParty) {
  authenticator_.rp_id = "evil.example";
  expect_both("wrong_relying_party");
  authenticator_.rp_id = "example";
  expect_both("wrong_relying_party");
}

TEST_F(PasskeyTest, WithoutAnybodyThere) {
  authenticator_.flags = 0x04;
  expect_both("user_not_present");
}

TEST_F(PasskeyTest, WithoutVerificationWhereItIsAskedFor) {
  authenticator_.flags = 0x01;
  expect_both("user_not_verified");
  request_.verification = UserVerification::not_needed;
  expect_both("ok");
}

TEST_F(PasskeyTest, OfAnotherKey) {
  TestAuthenticator other(party_);
  const auto counter = verify_assertion(other.sign(kChallenge), passkey_, request_);
  ASSERT_FALSE(counter.ok());
  EXPECT_EQ(fault_of(counter.error()), "bad_signature");
}

TEST_F(PasskeyTest, WhatIsSignedIsAllOfIt) {
  const PasskeyAssertion good = authenticator_.sign(kChallenge);
  PasskeyAssertion bad = good;
  bad.client_data.insert(1, " ");
  EXPECT_EQ(fault_of(verify_assertion(bad, passkey_, request_).error()), "bad_signature");
  bad = good;
  bad.authenticator_data.back() = static_cast<char>(bad.authenticator_data.back() + 1);  // the counter
  EXPECT_EQ(fault_of(verify_assertion(bad, passkey_, request_).error()), "bad_signature");
  bad = good;
  bad.signature.clear();
  EXPECT_FALSE(verify_assertion(bad, passkey_, request_).ok());
}

TEST_F(PasskeyTest, ACounterGrowsOrThereIsNone) {
  authenticator_.counts = false;
  for (const std::uint32_t counter : {0U, 6U, 7U}) {
    authenticator_.counter = counter;
    EXPECT_EQ(signing(), "counter_went_back") << counter;
  }
  authenticator_.counter = 8;
  EXPECT_EQ(signing(), "ok");
  authenticator_.counter = 0;
  passkey_.counter = 0;
  EXPECT_EQ(signing(), "ok") << "it does not count";
}

TEST_F(PasskeyTest, CutShort) {
  const PasskeyCreation made = authenticator_.create(kChallenge);
  for (std::size_t size = 0; size < made.authenticator_data.size(); ++size) {
    EXPECT_FALSE(verify_creation({made.client_data, made.authenticator_data.substr(0, size)}, request_).ok()) << size;
  }
  for (std::size_t size = 0; size < made.client_data.size(); ++size) {
    EXPECT_FALSE(verify_creation({made.client_data.substr(0, size), made.authenticator_data}, request_).ok()) << size;
  }
  const PasskeyAssertion assertion = authenticator_.sign(kChallenge);
  for (std::size_t size = 0; size < assertion.authenticator_data.size(); ++size) {
    PasskeyAssertion cut = assertion;
    cut.authenticator_data.resize(size);
    EXPECT_FALSE(verify_assertion(cut, passkey_, request_).ok()) << size;
  }
  for (std::size_t size = 0; size < assertion.signature.size(); ++size) {
    PasskeyAssertion cut = assertion;
    cut.signature.resize(size);
    EXPECT_FALSE(verify_assertion(cut, passkey_, request_).ok()) << size;
  }
}

TEST_F(PasskeyTest, Garbage) {
  for (const char* const client_data : {"", "null", "[]", "{}", "\"webauthn.create\"", "{\"type\":[]}", "\xff"}) {
    PasskeyCreation made = authenticator_.create(kChallenge);
    made.client_data = client_data;
    EXPECT_FALSE(verify_creation(made, request_).ok()) << client_data;
  }
  authenticator_.more = R"(,"origin":"https://vesta.example:8443")";
  expect_both("malformed");  // a member that stands twice
  authenticator_.more = "";
  authenticator_.cose_key = "\xa0";
  EXPECT_EQ(creating(), "unsupported_key");
  authenticator_.cose_key = std::string(200, '\xff');
  EXPECT_EQ(creating(), "unsupported_key");
  authenticator_.cose_key =
      "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + std::string(32, 'x') + "\x22\x58\x20" + std::string(32, 'y');
  EXPECT_EQ(creating(), "unsupported_key") << "a point that is not on the curve";
}

TEST_F(PasskeyTest, AKeyOfAnotherAlgorithm) {
  // P-384 with ES384
  authenticator_.cose_key =
      "\xa5\x01\x02\x03\x38\x22\x20\x02\x21\x58\x30" + std::string(48, 'x') + "\x22\x58\x30" + std::string(48, 'y');
  EXPECT_EQ(creating(), "unsupported_key");
}

// The library would allocate what an array says that it has, many GB, before it finds out that it is not there.
TEST_F(PasskeyTest, WhatIsNotThereIsNotAllocated) {
  const std::string huge = "\x9a\xff\xff\xff\xff";
  authenticator_.cose_key = huge;
  EXPECT_EQ(creating(), "unsupported_key");
  authenticator_.cose_key =
      "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + std::string(32, 'x') + huge + std::string(32, 'y');
  EXPECT_EQ(creating(), "unsupported_key");
  authenticator_.cose_key.clear();
  PasskeyAssertion assertion = authenticator_.sign(kChallenge);
  assertion.authenticator_data[32] = static_cast<char>(0x85);
  assertion.authenticator_data += huge;
  EXPECT_EQ(fault_of(verify_assertion(assertion, passkey_, request_).error()), "malformed");
}

TEST_F(PasskeyTest, ExtensionsOfACreationArePassedOver) {
  authenticator_.flags |= 0x80;
  PasskeyCreation made = authenticator_.create(kChallenge);
  EXPECT_TRUE(verify_creation(made, request_).ok());
  made.authenticator_data +=
      "\xa1\x6b"
      "credProtect\x02";
  EXPECT_TRUE(verify_creation(made, request_).ok());
  made.authenticator_data += "\x9a\xff\xff\xff\xff";
  EXPECT_TRUE(verify_creation(made, request_).ok());
}

TEST_F(PasskeyTest, WithoutAKey) {
  PasskeyCreation made = authenticator_.create(kChallenge);
  made.authenticator_data[32] = 0x05;  // the flag that says there is one
  EXPECT_EQ(fault_of(verify_creation(made, request_).error()), "malformed");
  EXPECT_EQ(fault_of(verify_creation(TestAuthenticator(party_, "").create(kChallenge), request_).error()), "malformed");
}

TEST_F(PasskeyTest, TooLong) {
  const auto padded = [&](std::size_t size) {
    authenticator_.more.clear();
    const std::size_t now = authenticator_.create(kChallenge).client_data.size();
    authenticator_.more = R"(,"x":")" + std::string(size - now - 7, 'x') + "\"";
    ASSERT_EQ(authenticator_.create(kChallenge).client_data.size(), size);
  };
  padded(kMaxClientDataBytes);
  EXPECT_EQ(creating(), "ok");
  padded(kMaxClientDataBytes + 1);
  EXPECT_EQ(creating(), "too_large");
  authenticator_.more.clear();

  PasskeyCreation made = authenticator_.create(kChallenge);
  made.authenticator_data.resize(kMaxAuthenticatorDataBytes);
  EXPECT_TRUE(verify_creation(made, request_).ok());
  made.authenticator_data.resize(kMaxAuthenticatorDataBytes + 1);
  EXPECT_EQ(fault_of(verify_creation(made, request_).error()), "too_large");
  PasskeyAssertion assertion = authenticator_.sign(kChallenge);
  assertion.authenticator_data += '\0';
  EXPECT_EQ(fault_of(verify_assertion(assertion, passkey_, request_).error()), "malformed");
  assertion = authenticator_.sign(kChallenge);
  assertion.signature.resize(kMaxPasskeySignatureBytes);
  EXPECT_NE(fault_of(verify_assertion(assertion, passkey_, request_).error()), "too_large");
  assertion.signature.resize(kMaxPasskeySignatureBytes + 1);
  EXPECT_EQ(fault_of(verify_assertion(assertion, passkey_, request_).error()), "too_large");

  const TestAuthenticator longest(party_, std::string(kMaxCredentialIdBytes, 'i'));
  EXPECT_TRUE(verify_creation(longest.create(kChallenge), request_).ok());
  const TestAuthenticator longer(party_, std::string(kMaxCredentialIdBytes + 1, 'i'));
  EXPECT_EQ(fault_of(verify_creation(longer.create(kChallenge), request_).error()), "too_large");
}

TEST_F(PasskeyTest, ADamagedKeyVerifiesNothing) {
  passkey_.key.pop_back();
  EXPECT_EQ(signing(), "unsupported_key");
  passkey_.algorithm = PasskeyAlgorithm::rs256;
  EXPECT_EQ(signing(), "unsupported_key");
}

}  // namespace
}  // namespace vesta::identity
