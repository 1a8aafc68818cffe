// Tests of keys and JWK Sets: the RFCs' vectors, what is passed over, what is refused.
#include "identity/jwk.h"

#include <gtest/gtest.h>

#include "identity/jwks.h"
#include "identity/jws.h"
#include "identity/test_keys.h"

namespace vesta::identity {
namespace {

json::Value parsed(std::string_view text) {
  return json::parse_value(text).value();
}

std::string written(const json::Value& value) {
  std::string text;
  json::append_value(value, text);
  return text;
}

std::string public_text(const Jwk& key) {
  return written(key.public_value());
}

// With a member set, or taken away by "".
std::string changed(const std::string& key, std::string_view name, std::string_view value) {
  json::Value object = parsed(key);
  std::erase_if(object.members, [&](const json::Member& each) { return each.name == name; });
  if (!value.empty()) object.members.push_back({std::string(name), parsed(value)});
  return written(object);
}

std::string set_of(std::initializer_list<std::string> keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ",") + key;
  return "{\"keys\":[" + text + "]}";
}

std::string rsa_with_modulus(std::size_t bits, char last = '\x01') {
  std::string modulus((bits + 7) / 8, '\xAB');
  modulus.front() = static_cast<char>(1 << (bits - 1) % 8);
  modulus.back() = last;
  std::string text;
  append_base64url(modulus, text);
  return R"({"kty":"RSA","kid":"k","e":"AQAB","n":")" + text + "\"}";
}

class JwkTest : public testing::Test {
 protected:
  const std::string ec_ = public_text(*signing_keys()[0]);
  const std::string rsa_ = public_text(*signing_keys()[1]);
};

// https://www.rfc-editor.org/rfc/rfc7638#section-3.1
TEST_F(JwkTest, TheThumbprintOfTheRfc) {
  const auto key = Jwk::parse_public(
      parsed(R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6)"
             R"(tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvz)"
             R"(qY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2)"
             R"(NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-0)"
             R"(4-29"})"));
  EXPECT_EQ(key.value()->thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST_F(JwkTest, GeneratedKeysAreWholeAndTheirIdIsTheThumbprint) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::rs384}) {
    const Jwk key = Jwk::generate(algorithm);
    EXPECT_EQ(key.id(), key.thumbprint());
    const Jwk again = Jwk::parse_private(parsed(written(key.private_value()))).value();
    EXPECT_EQ(again.id(), key.id());
    EXPECT_EQ(again.algorithm(), algorithm);
    const Keys published = parse_jwks(set_of({public_text(key)})).value();
    const std::string token = sign_jws(again, "JWT", "{}");
    const Jws jws = read_jws(token).value();
    EXPECT_EQ(jws.algorithm, algorithm);
    EXPECT_TRUE(has_signature_of(jws, *published.front())) << name_of(algorithm);
    EXPECT_FALSE(has_signature_of(jws, Jwk::generate(algorithm))) << name_of(algorithm);
  }
}

TEST_F(JwkTest, WhatIsPublishedHasNoPrivatePart) {
  for (const auto& key : signing_keys()) {
    const json::Value value = key->public_value();
    for (const char* name : {"d", "p", "q", "dp", "dq", "qi"}) EXPECT_EQ(value.find(name), nullptr) << name;
    EXPECT_EQ(*find_text(value, "use"), "sig");
  }
  EXPECT_EQ(write_jwks(signing_keys()), set_of({ec_, rsa_}));
}

TEST_F(JwkTest, AlgorithmsArePinnedByTheKey) {
  const auto allowed = [](const std::string& text) {
    std::string names;
    const Keys keys = parse_jwks(set_of({text})).value();
    for (const Algorithm each : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::rs384}) {
      if (keys.front()->allows(each)) names += std::string(name_of(each)) + " ";
    }
    return names;
  };
  EXPECT_EQ(allowed(ec_), "ES256 ");
  EXPECT_EQ(allowed(changed(ec_, "alg", "")), "ES256 ");
  EXPECT_EQ(allowed(rsa_), "RS256 ");
  EXPECT_EQ(allowed(changed(rsa_, "alg", "\"RS384\"")), "RS384 ");
  EXPECT_EQ(allowed(changed(rsa_, "alg", "")), "RS256 RS384 ");
}

TEST_F(JwkTest, KeysForSomethingElseArePassedOver) {
  for (const std::string& other :
       {changed(ec_, "use", "\"enc\""), changed(ec_, "key_ops", "[\"sign\"]"), changed(ec_, "kty", "\"OKP\""),
        changed(ec_, "crv", "\"P-521\""), changed(ec_, "crv", "\"secp256k1\""), changed(ec_, "alg", "\"ES384\""),
        changed(rsa_, "alg", "\"RS1\""), changed(rsa_, "alg", "\"HS256\""), changed(rsa_, "alg", "256"),
        changed(rsa_, "kty", "")}) {
    EXPECT_EQ(parse_jwks(set_of({other, changed(rsa_, "kid", "\"good\"")})).value().size(), 1u) << other;
    EXPECT_FALSE(parse_jwks(set_of({other})).ok()) << other;
  }
  EXPECT_TRUE(parse_jwks(set_of({changed(ec_, "key_ops", "[\"verify\"]")})).ok());
}

TEST_F(JwkTest, KeysThatAreWrongAreRefusedWithTheWholeSet) {
  for (const std::string& bad :
       {changed(ec_, "kid", ""), changed(ec_, "kid", "\"\""), changed(ec_, "kid", "1"), changed(ec_, "x", ""),
        changed(ec_, "x", "\"AAAA\""), changed(ec_, "y", "7"),
        changed(ec_, "x", "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEQ\""),
        changed(ec_, "x", "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=\""), changed(rsa_, "n", ""),
        changed(rsa_, "e", "\"Aw\""), changed(rsa_, "e", ""), std::string("7"), std::string(kRfcEcKey),
        std::string(kRfcRsaKey), std::string(R"({"kty":"oct","kid":"k","k":"c2VjcmV0"})")}) {
    const auto keys = parse_jwks(set_of({bad, changed(rsa_, "kid", "\"good\"")}));
    ASSERT_FALSE(keys.ok()) << bad;
    EXPECT_EQ(keys.error().category, Category::invalid) << bad;
    const auto others = parse_jwks(set_of({bad, changed(rsa_, "kid", "\"good\"")}), WrongKeys::skipped);
    ASSERT_TRUE(others.ok()) << bad;
    EXPECT_NE(find_key(*others, "good", Algorithm::rs256), nullptr);
    EXPECT_EQ(others->size(), bad == changed(ec_, "kid", "") ? 2u : 1u) << bad;
    EXPECT_EQ(parse_jwks(set_of({bad}), WrongKeys::skipped).ok(), bad == changed(ec_, "kid", "")) << bad;
  }
}

TEST_F(JwkTest, OfTwoOfOneIdNoneIsTakenWhereTheOthersAreGood) {
  const auto keys = parse_jwks(set_of({ec_, ec_, rsa_}), WrongKeys::skipped);
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(find_key(*keys, "ec", Algorithm::es256), nullptr);
  EXPECT_NE(find_key(*keys, "rsa", Algorithm::rs256), nullptr);
}

TEST_F(JwkTest, LimitsOfKeysOnBothSides) {
  EXPECT_FALSE(parse_jwks(set_of({rsa_with_modulus(kMinRsaBits - 1)})).ok());
  EXPECT_TRUE(parse_jwks(set_of({rsa_with_modulus(kMinRsaBits)})).ok());
  EXPECT_TRUE(parse_jwks(set_of({rsa_with_modulus(kMaxRsaBits)})).ok());
  EXPECT_FALSE(parse_jwks(set_of({rsa_with_modulus(kMaxRsaBits + 1)})).ok());
  const auto with_id = [&](std::size_t size) { return changed(ec_, "kid", '"' + std::string(size, 'k') + '"'); };
  EXPECT_TRUE(parse_jwks(set_of({with_id(kMaxKeyIdBytes)})).ok());
  EXPECT_FALSE(parse_jwks(set_of({with_id(kMaxKeyIdBytes + 1)})).ok());
}

TEST_F(JwkTest, LimitsOfSetsOnBothSides) {
  std::string keys;
  const auto add = [&](std::size_t number) {
    keys += (keys.empty() ? "" : ",") + changed(ec_, "kid", '"' + std::to_string(number) + '"');
  };
  for (std::size_t i = 0; i < kMaxJwksKeys; ++i) add(i);
  EXPECT_EQ(parse_jwks("{\"keys\":[" + keys + "]}").value().size(), kMaxJwksKeys);
  add(kMaxJwksKeys);
  const auto too_many = parse_jwks("{\"keys\":[" + keys + "]}");
  ASSERT_FALSE(too_many.ok());
  EXPECT_EQ(too_many.error().category, Category::too_large);

  std::string text = set_of({ec_});
  text.resize(kMaxJwksBytes, ' ');
  EXPECT_TRUE(parse_jwks(text).ok());
  const auto too_large = parse_jwks(text + ' ');
  ASSERT_FALSE(too_large.ok());
  EXPECT_EQ(too_large.error().category, Category::too_large);
}

TEST_F(JwkTest, WhatIsNoSetIsRefused) {
  for (const std::string_view bad : {"", "7", "[]", "{}", R"({"keys":7})", R"({"keys":{}})", R"({"keys":[]})",
                                     R"({"keys":[],"keys":[]})", "{\"keys\":[}"}) {
    EXPECT_FALSE(parse_jwks(bad).ok()) << bad;
  }
  EXPECT_FALSE(parse_jwks(set_of({ec_, ec_})).ok()) << "two of one id";
  EXPECT_TRUE(parse_jwks(set_of({ec_, changed(rsa_, "kid", "\"ec\"")})).ok()) << "told apart by their algorithms";
}

TEST_F(JwkTest, OneKeyIsFoundOrNone) {
  const Keys& keys = public_keys();
  EXPECT_EQ(find_key(keys, "ec", Algorithm::es256), keys[0].get());
  EXPECT_EQ(find_key(keys, "rsa", Algorithm::rs256), keys[1].get());
  EXPECT_EQ(find_key(keys, "rsa", Algorithm::es256), nullptr);
  EXPECT_EQ(find_key(keys, "rsa", Algorithm::rs384), nullptr);
  EXPECT_EQ(find_key(keys, "", Algorithm::es256), nullptr);
  const Keys twice = {keys[0], keys[0]};
  EXPECT_EQ(find_key(twice, "ec", Algorithm::es256), nullptr);
  const Keys one = {keys[0]};
  EXPECT_EQ(find_only_key(one, Algorithm::es256), keys[0].get());
  EXPECT_EQ(find_only_key(one, Algorithm::rs256), nullptr);
  EXPECT_EQ(find_only_key(keys, Algorithm::es256), nullptr);
  EXPECT_EQ(find_only_key({}, Algorithm::es256), nullptr);
}

TEST_F(JwkTest, ADamagedPrivateKeyIsAnError) {
  for (const std::string& bad : {ec_, changed(std::string(kRfcRsaKey), "alg", ""), std::string("7"),
                                 changed(std::string(kRfcEcKey), "x", "\"AAAA\"")}) {
    const auto key = Jwk::parse_private(parsed(bad));
    ASSERT_FALSE(key.ok()) << bad;
    EXPECT_EQ(key.error().category, Category::internal);
  }
}

}  // namespace
}  // namespace vesta::identity
