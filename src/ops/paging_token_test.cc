// Paging tokens: there and back, and every way of altering one.
#include "ops/paging_token.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "identity/siv.h"
#include "ops/test_support.h"

namespace vesta::ops {
namespace {

const PagingKey kKey(identity::kSivKeyBytes, 'k');

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

TEST(PagingToken, BytesAreThoseOfTheFormat) {
  const std::string fields = "\x01\x07Patient\x1Aname=m%C3%BCller&_count=20";
  const std::string token = encode_token(kKey, "holder", sample_state());
  const auto opened = identity::siv_open(kKey, "page 4 holder", *decode_base64url(token));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size(), 128u);
  EXPECT_TRUE(opened->starts_with(fields)) << *opened;
  EXPECT_EQ(opened->substr(fields.size() + 16, 12), std::string("\x03\0\xFFz", 4) + std::string(8, '\xFF'));
  EXPECT_EQ(opened->substr(fields.size() + 36), "\x01" + std::string(128 - fields.size() - 37, '\0'));
}

// What a position is made of tells how many resources there are, and whether two people see the same one.
TEST(PagingToken, TellsNothing) {
  const std::string token = *decode_base64url(encode_token(kKey, "a", sample_state()));
  EXPECT_EQ(token.find("Patient"), std::string::npos);
  PagingState state = sample_state();
  for (const std::uint64_t before : {UINT64_C(1), UINT64_C(127), UINT64_C(128), UINT64_C(1) << 40}) {
    state.before = CommitSeq{before};
    const std::string other = *decode_base64url(encode_token(kKey, "a", state));
    EXPECT_EQ(other.size(), token.size()) << before;
    std::size_t alike = 0;
    for (std::size_t i = 0; i < token.size(); ++i) alike += token[i] == other[i] ? 1 : 0;
    EXPECT_LT(alike, token.size() / 8) << "by chance";
  }
}

TEST(PagingToken, ComesBackEqual) {
  PagingState state = sample_state();
  for (std::size_t length = 0; length < 4; ++length) {
    state.position.assign(length, 'x');
    const auto decoded = decode_token(kKey, {}, encode_token(kKey, {}, state));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, state);
  }
  state.total.reset();
  EXPECT_EQ(decode_token(kKey, {}, encode_token(kKey, {}, state))->total, std::nullopt);
}

TEST(PagingToken, RefusesEveryAlteredCharacter) {
  const std::string token = encode_token(kKey, {}, sample_state());
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (char c : {'A', 'B', '_', '=', '%', '\xC3'}) {
      std::string altered = token;
      if (altered[i] == c) continue;
      altered[i] = c;
      EXPECT_FALSE(decode_token(kKey, {}, altered).ok()) << i << c;
    }
    EXPECT_FALSE(decode_token(kKey, {}, token.substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(decode_token(kKey, {}, token + "A").ok());
  EXPECT_FALSE(decode_token(PagingKey(identity::kSivKeyBytes, 'x'), {}, token).ok());
  EXPECT_FALSE(decode_token(kKey, "a", token).ok());
  EXPECT_FALSE(decode_token(kKey, "b", encode_token(kKey, "a", sample_state())).ok());
  EXPECT_FALSE(decode_token(kKey, {}, std::string(kMaxTokenBytes + 1, 'A')).ok());
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
