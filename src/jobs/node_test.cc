// Several nodes over one store: who lives, and who has a lease.
#include "jobs/node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fhir/definitions.h"
#include "search/parameter.h"
#include "store/memory/memory_store.h"

namespace vesta::jobs {
namespace {

using std::chrono::milliseconds;

// Both times go on by hand, and can be told apart.
class HandClock : public Clock {
 public:
  Instant now() override { return Instant{wall}; }
  std::chrono::steady_clock::time_point monotonic() override {
    return std::chrono::steady_clock::time_point(milliseconds(steady_ms));
  }
  void advance(milliseconds time) {
    wall += std::chrono::microseconds(time).count();
    steady_ms += time.count();
  }
  std::atomic<std::int64_t> wall{1'767'225'600'000'000};
  std::atomic<std::int64_t> steady_ms{1'000'000};
};

NodeEntry entry(const std::string& id, const std::string& issuer = "-") {
  return {id, "1.0", "api,worker", issuer, 0, {}};
}

class Nodes : public ::testing::Test {
 protected:
  struct One {
    One(store::Store& store, Clock& clock, const NodeEntry& self)
        : node(store, clock, self), lease(node.lease("work")) {}
    Node node;
    Lease& lease;
  };
  std::unique_ptr<One> one(const std::string& id) { return std::make_unique<One>(*store_, clock_, entry(id)); }
  bool holds(const One& one) { return one.lease.fence(clock_).has_value(); }
  // Commits as the holder of this fence.
  bool commits(const store::ExpectedProperty& fence) {
    store::WriteSet writes;
    writes.expected_properties.push_back(fence);
    writes.properties.emplace_back("done", "yes");
    return store_->commit(writes).ok();
  }
  std::vector<std::string> listed() {
    std::vector<std::string> ids;
    const auto nodes = *decode_nodes(store_->property(kNodesKey)->value_or(""));
    for (const NodeEntry& node : nodes) ids.push_back(node.id);
    return ids;
  }

  HandClock clock_;
  search::Registry registry_{fhir::r4()};
  std::unique_ptr<store::Store> store_ = store::memory::open(registry_, clock_);
};

TEST_F(Nodes, OneHasALease) {
  const auto a = one("a");
  const auto b = one("b");
  EXPECT_FALSE(holds(*a)) << "it has not joined";
  ASSERT_TRUE(a->node.join().ok());
  ASSERT_TRUE(b->node.join().ok());
  EXPECT_EQ(listed(), (std::vector<std::string>{"a", "b"}));
  for (int beat = 0; beat < 10; ++beat) {
    EXPECT_TRUE(holds(*a));
    EXPECT_FALSE(holds(*b));
    clock_.advance(kBeat);
    ASSERT_TRUE(a->node.step().ok());
    ASSERT_TRUE(b->node.step().ok());
  }
  EXPECT_TRUE(commits(*a->lease.fence(clock_)));
}

TEST_F(Nodes, WhatADeadOneHeldIsTakenOver) {
  const auto a = one("a");
  const auto b = one("b");
  ASSERT_TRUE(a->node.join().ok());
  ASSERT_TRUE(b->node.join().ok());
  const store::ExpectedProperty old = *a->lease.fence(clock_);
  clock_.advance(kNodeLife - milliseconds(1));
  ASSERT_TRUE(b->node.step().ok());
  EXPECT_FALSE(holds(*b)) << "it may still live";
  EXPECT_FALSE(holds(*a)) << "it has not shown that it lives";
  EXPECT_TRUE(commits(old)) << "nobody else has it";
  clock_.advance(milliseconds(1));
  ASSERT_TRUE(b->node.step().ok());
  EXPECT_TRUE(holds(*b));
  EXPECT_EQ(listed(), std::vector<std::string>{"b"});
  // It wakes.
  EXPECT_FALSE(commits(old)) << "whatever it believes";
  ASSERT_TRUE(a->node.step().ok());
  EXPECT_FALSE(holds(*a));
  EXPECT_TRUE(holds(*b));
  EXPECT_EQ(listed(), (std::vector<std::string>{"b", "a"}));
}

TEST_F(Nodes, OneThatHasHadItBeforeHasAnother) {
  const auto a = one("a");
  ASSERT_TRUE(a->node.join().ok());
  const store::ExpectedProperty first = *a->lease.fence(clock_);
  const auto b = one("b");
  ASSERT_TRUE(b->node.join().ok());
  clock_.advance(kNodeLife);
  ASSERT_TRUE(b->node.step().ok());
  ASSERT_TRUE(a->node.step().ok());
  clock_.advance(kNodeLife);
  ASSERT_TRUE(a->node.step().ok());
  EXPECT_TRUE(holds(*a));
  EXPECT_NE(a->lease.fence(clock_)->second, first.second);
  EXPECT_FALSE(commits(first)) << "what was begun then has been taken over meanwhile";
}

TEST_F(Nodes, WhoStopsGivesBack) {
  const auto a = one("a");
  const auto b = one("b");
  ASSERT_TRUE(a->node.join().ok());
  a->node.start();
  ASSERT_TRUE(b->node.join().ok());
  a->node.stop();
  EXPECT_FALSE(holds(*a));
  EXPECT_EQ(listed(), std::vector<std::string>{"b"});
  ASSERT_TRUE(b->node.step().ok());
  EXPECT_TRUE(holds(*b)) << "at once";
}

TEST_F(Nodes, TheClockOfAnotherDoesNotMatter) {
  HandClock ahead;
  ahead.wall += std::int64_t{24} * 3600 * 1'000'000;
  One a(*store_, clock_, entry("a"));
  One b(*store_, ahead, entry("b"));
  ASSERT_TRUE(a.node.join().ok());
  for (int beat = 0; beat < 10; ++beat) {
    ASSERT_TRUE(b.node.step().ok());
    ASSERT_TRUE(a.node.step().ok());
    EXPECT_TRUE(a.lease.fence(clock_));
    EXPECT_FALSE(b.lease.fence(ahead));
    clock_.advance(kBeat);
    ahead.advance(kBeat);
  }
}

TEST_F(Nodes, ManyAtOnceAgree) {
  constexpr int kCount = 8;
  std::vector<std::unique_ptr<One>> all;
  for (int i = 0; i < kCount; ++i) all.push_back(one("n" + std::to_string(i)));
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (const auto& each : all) {
    threads.emplace_back([&] {
      for (int beat = 0; beat < 20; ++beat) {
        const Status stepped = each->node.step();
        if (!stepped.ok() && stepped.error().category != Category::busy) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  for (const auto& each : all) EXPECT_TRUE(each->node.step().ok());
  EXPECT_EQ(listed().size(), kCount);
  EXPECT_EQ(std::ranges::count_if(all, [&](const auto& each) { return holds(*each); }), 1);
}

TEST_F(Nodes, HowManyHasALimit) {
  std::vector<NodeEntry> all;
  for (std::size_t i = 0; i + 1 < kMaxNodes; ++i) all.push_back(entry("n" + std::to_string(i)));
  store::WriteSet writes;
  writes.properties.emplace_back(kNodesKey, encode_nodes(all));
  ASSERT_TRUE(store_->commit(writes).ok());
  EXPECT_TRUE(one("last")->node.join().ok());
  EXPECT_EQ(one("more")->node.join().error().category, Category::busy);
  clock_.advance(kNodeLife);
  const auto later = one("later");
  EXPECT_FALSE(later->node.join().ok()) << "it has just come to know of them";
  clock_.advance(kNodeLife);
  EXPECT_TRUE(later->node.join().ok());
  EXPECT_EQ(listed(), std::vector<std::string>{"later"});
}

TEST_F(Nodes, OfAnotherIssuerIsRefusedWhileItLives) {
  Node other(*store_, clock_, entry("a", "https://a.example/fhir"));
  ASSERT_TRUE(other.join().ok());
  Node open(*store_, clock_, entry("open"));
  EXPECT_TRUE(open.join().ok()) << "it asks for no tokens";
  std::atomic<bool> ended = false;
  std::thread beats([&] {
    while (!ended) {
      EXPECT_TRUE(other.step().ok());
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  Node mine(*store_, clock_, entry("b", "https://b.example/fhir"));
  const Status refused = mine.join();
  Node same(*store_, clock_, entry("c", "https://a.example/fhir"));
  EXPECT_TRUE(same.join().ok());
  ended = true;
  beats.join();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::invalid);
  EXPECT_NE(refused.error().message.find("https://a.example/fhir"), std::string::npos);
  EXPECT_TRUE(mine.join().ok()) << "the other has ended without saying so";
}

TEST_F(Nodes, WhatIsDamagedIsSaid) {
  for (const std::string text : {"a 1 api", "a 1 api - x 5\n", "a 1 api - 5\n", "a\n", "\n"}) {
    EXPECT_EQ(decode_nodes(text).error().category, Category::internal) << text;
  }
  const std::vector<NodeEntry> nodes = {entry("a"), {"b", "2.0", "api", "https://x/fhir", 7, Instant{8}}};
  EXPECT_EQ(*decode_nodes(encode_nodes(nodes)), nodes);
  for (const std::string text : {"", "x a", "7", "7 "}) {
    store::WriteSet writes;
    writes.properties.emplace_back("lease.work", text);
    ASSERT_TRUE(store_->commit(writes).ok());
    const auto a = one("a");
    EXPECT_EQ(a->node.join().error().category, Category::internal) << text;
    EXPECT_FALSE(holds(*a));
  }
}

}  // namespace
}  // namespace vesta::jobs
