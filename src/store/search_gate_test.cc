// The places of the gate, its order, and its deadline.
#include "store/search_gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "base/deadline.h"

namespace vesta::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(SearchGate, OneSearchTooManyIsRefusedAtTheDeadline) {
  SearchGate gate(2, milliseconds(0), hours(1));
  const auto first = gate.enter();
  auto second = std::make_unique<Result<SearchGate::Pass>>(gate.enter());
  ASSERT_TRUE(first.ok() && second->ok());
  const auto refused = gate.enter();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::busy);
  EXPECT_EQ(gate.waiting(), 0u) << "who was refused no longer waits";
  second.reset();
  EXPECT_TRUE(gate.enter().ok()) << "one has ended";
}

TEST(SearchGate, AdmitsInTheOrderOfComing) {
  constexpr int kThreads = 8;
  SearchGate gate(1, hours(1), hours(1));
  auto running = std::make_unique<Result<SearchGate::Pass>>(gate.enter());
  ASSERT_TRUE(running->ok());
  std::vector<int> order;  // guarded by the pass: there is one place
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&gate, &order, i] {
      const auto pass = gate.enter();
      EXPECT_TRUE(pass.ok());
      order.push_back(i);
    });
    while (gate.waiting() < static_cast<std::size_t>(i) + 1) std::this_thread::yield();
  }
  running.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(SearchGate, ALongSearchLosesItsPlaceToOneThatWaits) {
  SearchGate gate(1, hours(1), milliseconds(1));
  const auto endless = gate.enter();
  ASSERT_TRUE(endless.ok());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate.enter().ok()) << "nothing has ended, but time has passed";
}

TEST(SearchGate, AWaitEndsWithTheRequest) {
  SearchGate gate(1, hours(1), hours(1));
  const auto running = gate.enter();
  const DeadlineScope scope(std::chrono::steady_clock::now() + milliseconds(1));
  const auto refused = gate.enter();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::busy);
}

TEST(SearchGate, HasSomePlacesOfEachProcessorAndTwoAtLeast) {
  EXPECT_EQ(places_of_processors(0), 2U);
  EXPECT_GE(places_of_processors(8), 8U);
}

}  // namespace
}  // namespace vesta::store
