// Tests of rotation: who signs when, whose signatures count until when, and that nothing is lost in the store.
#include "identity/keys.h"

#include <gtest/gtest.h>

#include "identity/jwks.h"
#include "identity/jwt.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

using std::chrono::microseconds;
using State = KeySet::State;

Instant plus(Instant instant, microseconds time) {
  return {instant.value + time.count()};
}

class KeySetTest : public testing::Test {
 protected:
  void rotate(Instant now) { EXPECT_TRUE(keys_.rotate(Algorithm::es256, now).ok()); }
  std::string signer(Instant now) const {
    const auto key = keys_.signing_key(Algorithm::es256, now);
    return key == nullptr ? "" : key->id();
  }

  const Instant start_ = at_seconds(1'767'225'600);
  KeySet keys_;
};

TEST_F(KeySetTest, TheFirstKeySignsAtOnce) {
  EXPECT_EQ(keys_.signing_key(Algorithm::es256, start_), nullptr);
  rotate(start_);
  EXPECT_NE(signer(start_), "");
  EXPECT_EQ(keys_.signing_key(Algorithm::rs256, start_), nullptr);
  ASSERT_TRUE(keys_.rotate(Algorithm::rs256, start_).ok());
  EXPECT_EQ(keys_.signing_key(Algorithm::rs256, start_)->algorithm(), Algorithm::rs256);
  EXPECT_EQ(keys_.verifying_keys(start_).size(), 2u);
}

TEST_F(KeySetTest, AKeyPassesThroughItsStatesByTime) {
  rotate(start_);
  const std::string first = signer(start_);
  const Instant rotated = plus(start_, std::chrono::hours(24 * 90));
  rotate(rotated);
  const Instant change = plus(rotated, kAnnouncement);
  const Instant end = plus(change, kRetirement);
  const Instant before_change = plus(change, microseconds(-1));
  const std::string second = signer(change);

  EXPECT_EQ(signer(before_change), first);
  EXPECT_NE(second, first);
  EXPECT_EQ(keys_.entries()[0].state(before_change), State::active);
  EXPECT_EQ(keys_.entries()[0].state(change), State::retiring);
  EXPECT_EQ(keys_.entries()[0].state(plus(end, microseconds(-1))), State::retiring);
  EXPECT_EQ(keys_.entries()[0].state(end), State::retired);
  EXPECT_EQ(keys_.entries()[1].state(rotated), State::announced);
  EXPECT_EQ(keys_.entries()[1].state(change), State::active);
  EXPECT_EQ(keys_.entries()[1].state(end), State::active);

  EXPECT_EQ(parse_jwks(write_jwks(keys_.verifying_keys(rotated))).value().size(), 2u) << "published before it signs";
  EXPECT_EQ(keys_.verifying_keys(plus(end, microseconds(-1))).size(), 2u);
  ASSERT_EQ(keys_.verifying_keys(end).size(), 1u);
  EXPECT_EQ(keys_.verifying_keys(end)[0]->id(), second);

  rotate(end);
  EXPECT_EQ(keys_.entries().size(), 2u) << "the retired one is gone";
}

TEST_F(KeySetTest, ATokenOutlivesTheKeyThatSignsNoMore) {
  rotate(start_);
  Claims claims;
  claims.issuer = "https://vesta.example";
  claims.audiences = {"api"};
  claims.expires_at = plus(start_, kRetirement);
  const std::string token = sign_jwt(*keys_.signing_key(Algorithm::es256, start_), "at+jwt", claims);
  rotate(start_);
  Expectations expectations;
  expectations.type = "at+jwt";
  expectations.issuer = claims.issuer;
  expectations.audiences = claims.audiences;
  for (const Instant now : {start_, plus(start_, kAnnouncement), plus(claims.expires_at, microseconds(-1))}) {
    EXPECT_TRUE(verify_jwt(token, keys_.verifying_keys(now), expectations, now).ok());
  }
}

TEST_F(KeySetTest, AWithdrawnKeyIsBelievedNoMore) {
  rotate(start_);
  const std::string first = signer(start_);
  rotate(start_);
  ASSERT_TRUE(keys_.withdraw(first).ok());
  EXPECT_EQ(signer(start_), "");
  rotate(start_);
  EXPECT_NE(signer(start_), "") << "at once";
  EXPECT_NE(signer(start_), first);
  for (const auto& key : keys_.verifying_keys(start_)) EXPECT_NE(key->id(), first);
  const auto again = keys_.withdraw(first);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().category, Category::not_found);
}

TEST_F(KeySetTest, OneSignsAtAnyTimeHoweverOftenItIsRotated) {
  rotate(start_);
  for (int minutes = 1; minutes < 15; minutes += 2) rotate(plus(start_, std::chrono::minutes(minutes)));
  for (int minutes = 0; minutes < 60; ++minutes) {
    const Instant now = plus(start_, std::chrono::minutes(minutes));
    int active = 0;
    for (const KeySet::Entry& each : keys_.entries()) active += each.state(now) == State::active ? 1 : 0;
    EXPECT_EQ(active, 1) << minutes;
  }
}

TEST_F(KeySetTest, TheLimitOnBothSides) {
  for (std::size_t i = 0; i < kMaxSigningKeys; ++i) rotate(start_);
  const auto over = keys_.rotate(Algorithm::es256, start_);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().category, Category::busy);
  rotate(plus(start_, kAnnouncement + kRetirement));
}

TEST_F(KeySetTest, TheStoreKeepsKeysAndTimes) {
  rotate(start_);
  ASSERT_TRUE(keys_.rotate(Algorithm::rs256, start_).ok());
  rotate(plus(start_, std::chrono::hours(1)));
  const KeySet again = KeySet::parse_stored(keys_.stored_text()).value();
  EXPECT_EQ(again.stored_text(), keys_.stored_text());
  const Instant later = plus(start_, std::chrono::hours(2));
  EXPECT_EQ(again.signing_key(Algorithm::es256, later)->id(), signer(later));
  EXPECT_EQ(write_jwks(again.verifying_keys(later)), write_jwks(keys_.verifying_keys(later)));
  EXPECT_TRUE(KeySet::parse_stored(KeySet().stored_text()).value().entries().empty());
}

TEST_F(KeySetTest, ADamagedTextIsAnError) {
  rotate(start_);
  const std::string good = keys_.stored_text();
  std::string without_time = good;
  without_time.replace(without_time.find("signs_from"), 10, "signs_fron");
  std::string with_text_for_time = good;
  with_text_for_time.insert(with_text_for_time.find("signs_from") + 12, "1.");
  for (const std::string& bad : {std::string(), std::string("{}"), std::string("[7]"), std::string("[{}]"),
                                 without_time, with_text_for_time, good.substr(0, good.size() - 1)}) {
    const auto keys = KeySet::parse_stored(bad);
    ASSERT_FALSE(keys.ok()) << bad;
    EXPECT_EQ(keys.error().category, Category::internal);
  }
}

}  // namespace
}  // namespace vesta::identity
