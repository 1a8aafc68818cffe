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

}  // namespace
}  // namespace vesta::oauth
