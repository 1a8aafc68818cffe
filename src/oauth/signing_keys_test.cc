// What signs when a new key is due and cannot be written.
#include "oauth/signing_keys.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "ops/test_support.h"

namespace vesta::oauth {
namespace {

TEST(SigningKeys, WhatCannotBeWrittenIsTriedAgainLater) {
  ops::testing::TestClock clock;
  ops::testing::HookedStore store(store::memory::open(ops::testing::registry(), clock), [](int) { return kOk; });
  SigningKeys keys(store, clock);
  ASSERT_TRUE(keys.load().ok());
  const std::string old_key = keys.signing_key(kTokenAlgorithm)->id();
  clock.advance(kSigningKeyAge);
  store.set_hook([](int) { return Status(make_error(Category::unavailable, "the disk is full")); });
  log::set_sink([](std::string_view) {});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(keys.signing_key(kTokenAlgorithm)->id(), old_key);
  EXPECT_EQ(store.commits(), 1) << "one try a minute";
  clock.advance(kSigningKeyRetry);
  keys.signing_key(kTokenAlgorithm);
  EXPECT_EQ(store.commits(), 2);
  log::set_sink({});
  store.set_hook([](int) { return kOk; });
  clock.advance(kSigningKeyRetry);
  keys.signing_key(kTokenAlgorithm);
  EXPECT_EQ(store.commits(), 1);
  EXPECT_EQ(keys.verifying_keys().size(), 3u) << "the new one is announced";
}

TEST(SigningKeys, AllNodesHaveTheSame) {
  ops::testing::TestClock clock;
  const auto store = store::memory::open(ops::testing::registry(), clock);
  SigningKeys one(*store, clock), other(*store, clock);
  ASSERT_TRUE(one.load().ok());
  ASSERT_TRUE(other.load().ok());
  const std::string first = one.signing_key(kTokenAlgorithm)->id();
  EXPECT_EQ(other.signing_key(kTokenAlgorithm)->id(), first);
  clock.advance(kSigningKeyAge);
  one.signing_key(kTokenAlgorithm);
  const std::uint64_t before = other.revision();
  EXPECT_EQ(other.verifying_keys().size(), one.verifying_keys().size()) << "it has looked";
  EXPECT_GT(other.revision(), before);
  clock.advance(std::chrono::hours(48));
  EXPECT_NE(one.signing_key(kTokenAlgorithm)->id(), first);
  EXPECT_EQ(other.signing_key(kTokenAlgorithm)->id(), one.signing_key(kTokenAlgorithm)->id());
}

TEST(SigningKeys, OfTwoThatStartTogetherOneMakesThem) {
  ops::testing::TestClock clock;
  ops::testing::HookedStore store(store::memory::open(ops::testing::registry(), clock), [](int) { return kOk; });
  SigningKeys one(store, clock), other(store, clock);
  // The other one starts, and ends, just before the first commit of this one.
  store.set_hook([&](int) {
    store.set_hook([](int) { return kOk; });
    EXPECT_TRUE(other.load().ok());
    return kOk;
  });
  ASSERT_TRUE(one.load().ok());
  for (const identity::Algorithm algorithm : {kTokenAlgorithm, kIdTokenAlgorithm}) {
    EXPECT_EQ(one.signing_key(algorithm)->id(), other.signing_key(algorithm)->id());
  }
}

}  // namespace
}  // namespace vesta::oauth
