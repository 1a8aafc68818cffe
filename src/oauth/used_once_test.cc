// What is remembered as used, for how long, and whose share it takes.
#include "oauth/used_once.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "oauth/test_support.h"
#include "ops/test_support.h"
#include "store/memory/memory_store.h"

namespace vesta::oauth {
namespace {

class UsedOnceTest : public ::testing::Test {
 protected:
  UsedOnceTest() { restart(); }
  void restart() {
    used_.emplace("t", *server_.store, server_.clock);
    ASSERT_TRUE(used_->load().ok());
  }
  Instant in(std::chrono::minutes time) { return later_by(server_.clock.now(), time); }
  // "first", "again" or "busy".
  std::string use(const std::string& thing, std::chrono::minutes time = std::chrono::minutes(1),
                  const std::string& client = "c") {
    const auto is_first = used_->use(client, thing, in(time));
    if (!is_first.ok()) return is_first.error().category == Category::busy ? "busy" : is_first.error().message;
    return *is_first ? "first" : "again";
  }

  ops::testing::HookedStore* engine_ = nullptr;
  ops::testing::TestServer server_{hooked(engine_)};
  std::optional<UsedOnce> used_;
};

TEST_F(UsedOnceTest, WhatWasUsedStaysSo) {
  EXPECT_EQ(use("a"), "first");
  EXPECT_EQ(use("a"), "again");
  EXPECT_EQ(use("b"), "first");
  restart();
  EXPECT_EQ(use("a"), "again");
  EXPECT_EQ(use("b"), "again");
  EXPECT_EQ(use("c"), "first");
}

TEST_F(UsedOnceTest, WhatAnotherNodeHasUsedIsUsed) {
  UsedOnce other("t", *server_.store, server_.clock);
  ASSERT_TRUE(other.load().ok());
  const auto use_there = [&](const std::string& thing) { return *other.use("c", thing, in(std::chrono::minutes(1))); };
  EXPECT_EQ(use("a"), "first");
  EXPECT_FALSE(use_there("a"));
  EXPECT_TRUE(use_there("b"));
  EXPECT_EQ(use("b"), "again");
  EXPECT_EQ(use("c"), "first") << "behind what the other has written";
  for (std::size_t i = 0; i < 2 * kUsedPerProperty; ++i) {
    const std::string thing = std::to_string(i);
    ASSERT_TRUE(i % 2 == 0 ? use(thing) == "first" : use_there(thing));
  }
  restart();
  for (std::size_t i = 0; i < 2 * kUsedPerProperty; ++i) ASSERT_EQ(use(std::to_string(i)), "again") << i;
  server_.clock.advance(std::chrono::minutes(kUsedMinutes));
  EXPECT_TRUE(use_there("a")) << "the place of a minute that is gone";
  EXPECT_EQ(use("a"), "again");
}

TEST_F(UsedOnceTest, OfTwoNodesAtOnceOneIsFirst) {
  UsedOnce other("t", *server_.store, server_.clock);
  ASSERT_TRUE(other.load().ok());
  constexpr int kThings = 200;
  std::atomic<int> firsts = 0;
  const auto use_all = [&](UsedOnce& used) {
    for (int thing = 0; thing < kThings; ++thing) {
      const auto is_first = used.use("c", std::to_string(thing), in(std::chrono::minutes(1 + thing % 2)));
      ASSERT_TRUE(is_first.ok()) << is_first.error().message;
      if (*is_first) ++firsts;
    }
  };
  std::vector<std::future<void>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::async(std::launch::async, [&, i] { use_all(i % 2 == 0 ? *used_ : other); }));
  }
  for (auto& each : all) each.get();
  EXPECT_EQ(firsts, kThings);
}

// While a node reads the properties of a minute, one after the other, another one goes on.
class BetweenReads : public ops::testing::HookedStore {
 public:
  explicit BetweenReads(Clock& clock)
      : HookedStore(store::memory::open(ops::testing::registry(), clock), [](int) { return kOk; }) {}
  Result<std::optional<std::string>> property(std::string_view key) override {
    auto found = HookedStore::property(key);
    if (key == after && act) std::exchange(act, nullptr)();
    return found;
  }
  std::string after;
  std::function<void()> act;
};

class UsedOnceWhileReading : public ::testing::Test {
 protected:
  bool use(UsedOnce& used, int thing) {
    const auto is_first = used.use("c", std::to_string(thing), later_by(clock_.now(), std::chrono::minutes(1)));
    EXPECT_TRUE(is_first.ok());
    return is_first.ok() && *is_first;
  }
  void SetUp() override {
    ASSERT_TRUE(other_.load().ok());
    const std::int64_t minute = later_by(clock_.now(), std::chrono::minutes(1)).value / 60'000'000;
    store_.after = "t." + std::to_string(minute % static_cast<std::int64_t>(kUsedMinutes));
  }

  ops::testing::TestClock clock_;
  BetweenReads store_{clock_};
  UsedOnce one_{"t", store_, clock_};
  UsedOnce other_{"t", store_, clock_};
};

TEST_F(UsedOnceWhileReading, WhatFillsAPropertyIsSeen) {
  constexpr int kMost = kUsedPerProperty;
  for (int thing = 0; thing < kMost - 2; ++thing) ASSERT_TRUE(use(other_, thing));
  store_.act = [&] {
    for (int thing = kMost - 2; thing < kMost + 2; ++thing) ASSERT_TRUE(use(other_, thing));
  };
  ASSERT_TRUE(one_.load().ok());
  for (int thing = 0; thing < kMost + 2; ++thing) EXPECT_FALSE(use(one_, thing)) << thing;
  EXPECT_TRUE(use(one_, kMost + 2));
}

TEST_F(UsedOnceWhileReading, WhoBeginsAMinuteIsSeen) {
  for (const bool is_second_look : {false, true}) {
    SCOPED_TRACE(is_second_look);
    clock_.advance(std::chrono::minutes(kUsedMinutes));
    const auto begin = [&] { EXPECT_TRUE(use(other_, 1)); };
    store_.act = begin;
    if (is_second_look) store_.act = [&] { store_.act = begin; };
    EXPECT_FALSE(use(one_, 1));
    EXPECT_TRUE(use(one_, 2));
  }
}

TEST_F(UsedOnceWhileReading, WhoComesMeanwhileIsComparedToo) {
  std::array<std::future<bool>, 2> pair;
  store_.act = [&] {
    EXPECT_TRUE(use(other_, 2));
    for (auto& each : pair) each = std::async(std::launch::async, [&] { return use(one_, 2); });
    const auto is_ready = [](auto& each) {
      return each.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
    };
    // The one that is told that the other is on its way has come behind it.
    while (std::ranges::none_of(pair, is_ready)) std::this_thread::yield();
  };
  EXPECT_TRUE(use(one_, 1));
  for (auto& each : pair) EXPECT_FALSE(each.get());
}

TEST_F(UsedOnceTest, HowFarAheadHasALimit) {
  constexpr auto kMost = std::chrono::minutes(kUsedMinutes - 1);
  EXPECT_EQ(use("a", kMost), "first");
  EXPECT_EQ(use("b", kMost + std::chrono::minutes(1)), "again") << "it could not be remembered";
}

TEST_F(UsedOnceTest, AClientHasAShareOfItsOwn) {
  for (std::size_t i = 0; i < kMaxUsedPerClient; ++i) ASSERT_EQ(use(std::to_string(i)), "first");
  EXPECT_EQ(use("more"), "busy");
  EXPECT_EQ(use("0"), "again");
  EXPECT_EQ(use("others", std::chrono::minutes(1), "d"), "first");
  EXPECT_EQ(use("more", std::chrono::minutes(2)), "first") << "another minute";
  restart();
  for (std::size_t i = 0; i < kMaxUsedPerClient; ++i) ASSERT_EQ(use(std::to_string(i)), "again");
}

TEST_F(UsedOnceTest, AllClientsHaveALimitTogether) {
  constexpr std::size_t kClients = kMaxUsedPerMinute / kMaxUsedPerClient;
  for (std::size_t i = 0; i < kMaxUsedPerMinute; ++i) {
    ASSERT_EQ(use(std::to_string(i), std::chrono::minutes(1), "c" + std::to_string(i % kClients)), "first");
  }
  EXPECT_EQ(use("more", std::chrono::minutes(1), "another"), "busy");
}

TEST_F(UsedOnceTest, AUseWritesLittle) {
  for (std::size_t i = 0; i < 3 * kUsedPerProperty; ++i) ASSERT_EQ(use(std::to_string(i)), "first");
  const std::int64_t place = in(std::chrono::minutes(1)).value / 60'000'000 % static_cast<std::int64_t>(kUsedMinutes);
  const std::string first = "t." + std::to_string(place);
  std::size_t properties = 0;
  for (const std::string& name : {first, first + ".1", first + ".2", first + ".3"}) {
    const auto text = *server_.store->property(name);
    if (!text) continue;
    ++properties;
    EXPECT_LE(text->size(), kUsedPerProperty * 16 + 20);
  }
  EXPECT_EQ(properties, 3u);
}

TEST_F(UsedOnceTest, ThePlacesOfMinutesThatAreGoneServeAgain) {
  for (std::size_t i = 0; i < 2 * kUsedPerProperty; ++i) ASSERT_EQ(use(std::to_string(i)), "first");
  server_.clock.advance(std::chrono::minutes(kUsedMinutes));
  EXPECT_EQ(use("0"), "first") << "what it was has expired";
  restart();
  EXPECT_EQ(use("0"), "again");
  EXPECT_EQ(use("100"), "first") << "left over in the store from before";
}

TEST_F(UsedOnceTest, AClockThatWasAheadStopsNothing) {
  server_.clock.advance(std::chrono::hours(24 * 30));
  for (std::size_t i = 0; i < kUsedMinutes; ++i) EXPECT_EQ(use("a", std::chrono::minutes(i)), "first");
  server_.clock.advance(-std::chrono::hours(24 * 30));
  EXPECT_EQ(use("a"), "first");
  EXPECT_EQ(use("a"), "again");
  restart();
  EXPECT_EQ(use("a"), "again");
  EXPECT_EQ(use("b"), "first");
}

TEST_F(UsedOnceTest, AFailureUsesNothingUp) {
  EXPECT_EQ(use("a"), "first");
  engine_->set_hook([](int) -> Status { return make_error(Category::unavailable, "the disk is full"); });
  EXPECT_EQ(use("b"), "the disk is full");
  engine_->set_hook([](int) { return kOk; });
  restart();
  EXPECT_EQ(use("a"), "again");
  EXPECT_EQ(use("b"), "first");
  EXPECT_EQ(use("b"), "again");
}

TEST_F(UsedOnceTest, NobodyWaitsForTheCommitOfAnother) {
  EXPECT_EQ(use("a"), "first");
  std::promise<void> began;
  std::promise<void> may_go_on;
  engine_->set_hook([&](int) {
    began.set_value();
    may_go_on.get_future().wait();
    return kOk;
  });
  auto slow = std::async(std::launch::async, [&] { return use("b"); });
  began.get_future().wait();
  auto quick = std::async(std::launch::async, [&] { return use("a") + use("b"); });
  const bool is_quick = quick.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  may_go_on.set_value();
  EXPECT_TRUE(is_quick);
  EXPECT_EQ(quick.get(), "againagain") << "what is on its way is used";
  EXPECT_EQ(slow.get(), "first");
}

TEST_F(UsedOnceTest, ManyAtOnceAreEachRememberedOnce) {
  constexpr int kThreads = 8;
  constexpr int kThings = 100;
  std::atomic<int> firsts{0};
  std::vector<std::future<void>> all;
  for (int thread = 0; thread < kThreads; ++thread) {
    all.push_back(std::async(std::launch::async, [&] {
      for (int thing = 0; thing < kThings; ++thing) {
        if (use(std::to_string(thing), std::chrono::minutes(1 + thing % 2)) == "first") ++firsts;
      }
    }));
  }
  for (auto& each : all) each.get();
  EXPECT_EQ(firsts, kThings);
  restart();
  for (int thing = 0; thing < kThings; ++thing) {
    EXPECT_EQ(use(std::to_string(thing), std::chrono::minutes(1 + thing % 2)), "again") << thing;
  }
}

}  // namespace
}  // namespace vesta::oauth
