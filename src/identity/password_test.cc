// Tests of passwords: the rules for new ones, hashing, verification, the time it takes, and how many at once.
#include "identity/password.h"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include "base/clock.h"
#include "identity/test_support.h"

namespace vesta::identity {
namespace {

constexpr PasswordParameters kCheap{64, 1, 1};
constexpr std::string_view kGoodPassword = "correct horse battery staple";

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

class PasswordTest : public testing::Test {
 protected:
  PasswordMatch match(std::string_view password, const std::optional<std::string>& stored) {
    return hasher_.verify(password, stored).value();
  }

  SetClock clock_;
  SeededRandom random_;
  HashGate gate_{clock_};
  PasswordHasher hasher_{gate_, random_, kCheap};
};

TEST_F(PasswordTest, LengthsAreCountedInCodePointsOnBothSides) {
  for (const std::string_view character : {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x90\x8E"}) {
    EXPECT_FALSE(check_new_password(repeat(character, kMinPasswordLength - 1)).ok()) << character;
    EXPECT_TRUE(check_new_password(repeat(character, kMinPasswordLength)).ok()) << character;
    EXPECT_TRUE(check_new_password(repeat(character, kMaxPasswordLength)).ok()) << character;
    EXPECT_FALSE(check_new_password(repeat(character, kMaxPasswordLength + 1)).ok()) << character;
  }
  EXPECT_FALSE(hasher_.hash(repeat("a", kMinPasswordLength - 1)).ok());
  EXPECT_FALSE(check_new_password(repeat("\xFF", 20)).ok());
}

TEST_F(PasswordTest, TheRightPasswordMatchesAndNoOtherDoes) {
  const std::string stored = hasher_.hash(kGoodPassword).value();
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << stored;
  EXPECT_EQ(match(kGoodPassword, stored), PasswordMatch::yes);
  EXPECT_EQ(match("Correct horse battery staple", stored), PasswordMatch::no);
  EXPECT_EQ(match("", stored), PasswordMatch::no);
  EXPECT_EQ(match(std::string(kGoodPassword) + '\0', stored), PasswordMatch::no);
  EXPECT_NE(hasher_.hash(kGoodPassword).value(), stored) << "a salt of its own";
}

TEST_F(PasswordTest, NoByteIsCutOff) {
  const std::string longest = repeat("\xF0\x9F\x90\x8E", kMaxPasswordLength);
  ASSERT_EQ(longest.size(), kMaxPasswordBytes);
  const std::string stored = hasher_.hash(longest).value();
  EXPECT_EQ(match(longest, stored), PasswordMatch::yes);
  std::string other = longest;
  other.back() = '\x8F';
  EXPECT_EQ(match(other, stored), PasswordMatch::no);
  EXPECT_EQ(match(longest + "a", stored), PasswordMatch::no);

  const std::string with_nul("before the NUL\0 after it", 24);
  const std::string stored_with_nul = hasher_.hash(with_nul).value();
  EXPECT_EQ(match(with_nul, stored_with_nul), PasswordMatch::yes);
  EXPECT_EQ(match(std::string("before the NUL\0 after IT", 24), stored_with_nul), PasswordMatch::no);
}

// The same to the eye: composed and decomposed, and the wide forms of some keyboards.
TEST_F(PasswordTest, ItDoesNotMatterHowAKeyboardWritesACharacter) {
  const std::string stored = hasher_.hash("M\xC3\xBCller und Sohn 1901").value();
  EXPECT_EQ(match("Mu\xCC\x88ller und Sohn 1901", stored), PasswordMatch::yes);
  EXPECT_EQ(match("M\xC3\xBCller und Sohn \xEF\xBC\x91\xEF\xBC\x99\xEF\xBC\x90\xEF\xBC\x91", stored),
            PasswordMatch::yes);
  EXPECT_EQ(match("Muller und Sohn 1901", stored), PasswordMatch::no);
}

TEST_F(PasswordTest, OtherParametersAskForAnewHash) {
  const PasswordHasher later(gate_, random_, {128, 2, 1});
  const std::string stored = hasher_.hash(kGoodPassword).value();
  EXPECT_EQ(later.verify(kGoodPassword, stored).value(), PasswordMatch::yes_and_rehash);
  EXPECT_EQ(later.verify("wrong all the way through", stored).value(), PasswordMatch::no);
  EXPECT_EQ(later.verify(kGoodPassword, later.hash(kGoodPassword).value()).value(), PasswordMatch::yes);
}

TEST_F(PasswordTest, TheParametersAreAtLeastThoseThatOwaspAsksFor) {
  EXPECT_GE(kPasswordParameters.memory_kib, 19u * 1024);
  EXPECT_GE(kPasswordParameters.passes, 2u);
  const PasswordHasher real(gate_, random_);
  EXPECT_TRUE(real.hash(kGoodPassword).value().starts_with("$argon2id$v=19$m=32768,t=3,p=1$"));
}

TEST_F(PasswordTest, AStoredTextThatIsNoHashIsAnError) {
  const std::string stored = hasher_.hash(kGoodPassword).value();
  const std::string rest = stored.substr(stored.find("p=1"));
  for (const std::string& bad :
       {std::string(), std::string(kGoodPassword), "$argon2i" + stored.substr(9), stored.substr(0, 40),
        "$argon2id$v=19$m=" + std::to_string(kMaxPasswordParameters.memory_kib + 1) + ",t=1," + rest,
        "$argon2id$v=19$m=64,t=" + std::to_string(kMaxPasswordParameters.passes + 1) + "," + rest}) {
    const auto result = hasher_.verify(kGoodPassword, bad);
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(result.error().category, Category::internal);
  }
  const std::string most = "$argon2id$v=19$m=" + std::to_string(kMaxPasswordParameters.memory_kib) +
                           ",t=" + std::to_string(kMaxPasswordParameters.passes) + "," + rest;
  EXPECT_EQ(match(kGoodPassword, most), PasswordMatch::no);
}

// Of this thread: others on the machine do not count.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

TEST_F(PasswordTest, WhoDoesNotExistTakesAsLong) {
  const PasswordHasher hasher(gate_, random_, {16 * 1024, 2, 1});
  const std::optional<std::string> stored = hasher.hash(kGoodPassword).value();
  const auto least = [&](const std::optional<std::string>& of) {
    double seconds = 1e9;
    for (int i = 0; i < 5; ++i) {
      const double start = processor_seconds();
      EXPECT_EQ(hasher.verify("wrong all the way through", of).value(), PasswordMatch::no);
      seconds = std::min(seconds, processor_seconds() - start);
    }
    return seconds;
  };
  const double known = least(stored);
  const double unknown = least(std::nullopt);
  EXPECT_GT(unknown, known / 2);
  EXPECT_LT(unknown, known * 2);
}

TEST_F(PasswordTest, TheGateBoundsHowManyHashAndHowManyWait) {
  HashGate gate(system_clock(), {.running = 1, .waiting = 1, .wait = std::chrono::hours(1)});
  const PasswordHasher hasher(gate, random_, kCheap);
  const std::string stored = hasher.hash(kGoodPassword).value();
  std::optional<HashGate::Pass> pass(gate.enter().value());
  PasswordMatch of_waiter = PasswordMatch::no;
  std::thread waiter([&] { of_waiter = hasher.verify(kGoodPassword, stored).value(); });
  while (gate.waiting() == 0) std::this_thread::yield();
  for (const auto& who : {std::optional(stored), std::optional<std::string>()}) {
    const auto refused = hasher.verify(kGoodPassword, who);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().category, Category::busy);
  }
  EXPECT_FALSE(hasher.hash(kGoodPassword).ok());
  pass.reset();
  waiter.join();
  EXPECT_EQ(of_waiter, PasswordMatch::yes);
  EXPECT_EQ(hasher.verify(kGoodPassword, stored).value(), PasswordMatch::yes);
}

TEST_F(PasswordTest, AWaitForTheGateEnds) {
  HashGate gate(clock_, {.running = 2, .waiting = 1, .wait = kMaxHashWait});
  const HashGate::Pass one = gate.enter().value();
  {
    const HashGate::Pass other = gate.enter().value();
    const auto refused = gate.enter();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().category, Category::busy);
    EXPECT_EQ(gate.waiting(), 0u);
  }
  EXPECT_TRUE(gate.enter().ok());
}

}  // namespace
}  // namespace vesta::identity
