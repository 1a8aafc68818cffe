// Paging tokens: there and back, and every way of altering one.
#include "ops/paging_token.h"

#include <gtest/gtest.h>

#include "ops/test_support.h"

namespace vesta::ops {
namespace {

const PagingKey kKey = {1, 2};

PagingState sample_state() {
  PagingState state;
  state.scope = "Patient";
  state.query = "name=m%C3%BCller&_count=20";
  state.started = Instant{1'767'225'600'000'000};
  state.total = 0;
  state.position = std::string("\0\xFFz", 3);
  state.before = CommitSeq{UINT64_MAX};
  state.issued = Instant{1'767'225'700'000'000};
  state.direction = store::SearchOptions::Direction::backward;
  return state;
}

// As they were before OpenSSL made the tags: links that are out there stay good.
TEST(PagingToken, BytesAreThoseOfTheFormat) {
  EXPECT_EQ(encode_token(kKey, sample_state()),
            "uJzOzJB6uIgDAQdQYXRpZW50Gm5hbWU9bSVDMyVCQ2xsZXImX2N"
            "vdW50PTIwgICBsYTpkQMBAwD_ev___________wGAwtjghOmRAwE");
}

TEST(PagingToken, ComesBackEqual) {
  PagingState state = sample_state();
  for (std::size_t length = 0; length < 4; ++length) {
    state.position.assign(length, 'x');
    const auto decoded = decode_token(kKey, encode_token(kKey, state));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, state);
  }
  state.total.reset();
  EXPECT_EQ(decode_token(kKey, encode_token(kKey, state))->total, std::nullopt);
}

TEST(PagingToken, RefusesEveryAlteredCharacter) {
  const std::string token = encode_token(kKey, sample_state());
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (char c : {'A', 'B', '_', '=', '%', '\xC3'}) {
      std::string altered = token;
      if (altered[i] == c) continue;
      altered[i] = c;
      EXPECT_FALSE(decode_token(kKey, altered).ok()) << i << c;
    }
    EXPECT_FALSE(decode_token(kKey, token.substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(decode_token(kKey, token + "A").ok());
  EXPECT_FALSE(decode_token({1, 3}, token).ok());
  EXPECT_EQ(key_of_holder(kKey, ""), kKey);
  EXPECT_FALSE(decode_token(key_of_holder(kKey, "a"), token).ok());
  EXPECT_FALSE(decode_token(key_of_holder(kKey, "b"), encode_token(key_of_holder(kKey, "a"), sample_state())).ok());
  EXPECT_FALSE(decode_token(kKey, std::string(kMaxTokenBytes + 1, 'A')).ok());
}

TEST(PagingToken, KeyStaysWithItsStore) {
  testing::TestServer server;
  EXPECT_EQ(load_paging_key(*server.store, server.random), server.service.paging_key);
  testing::TestServer other;
  other.random.bits();
  testing::TestRandom random;
  random.bits();
  const auto fresh = store::memory::open(testing::registry(), other.clock);
  EXPECT_NE(load_paging_key(*fresh, random), server.service.paging_key);
}

}  // namespace
}  // namespace vesta::ops
