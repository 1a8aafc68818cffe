// The part of the contract that takes several threads; each engine instantiates it too. Run under thread sanitizer by
// CI.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "store/contract_test_suite.h"

namespace vesta::store {

template <class Engine>
class StoreConcurrency : public StoreContract<Engine> {};

TYPED_TEST_SUITE_P(StoreConcurrency);

TYPED_TEST_P(StoreConcurrency, OfRacingConditionsOneWins) {
  constexpr int kThreads = 8;
  for (int round = 0; round < 10; ++round) {
    const std::string code = "race" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        const std::string id = code + "-" + std::to_string(i);
        const test::Values values = test::code_value(code);
        WriteSet set;
        set.writes.push_back(test::make_put("Observation", id, 0, "x", values, {}));
        set.conditions.push_back({test::token_query("Observation", "code", code), {}});
        auto result = this->store_->commit(set);
        if (result.ok())
          ++winners;
        else if (result.error().category == Category::conflict)
          ++losers;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(losers, kThreads - 1);
    EXPECT_EQ(this->find_by_code(code).size(), 1u);
  }
}

TYPED_TEST_P(StoreConcurrency, OfRacingUpdatesOneWins) {
  this->put("Patient", "a", 0, {}, {}, "0");
  constexpr int kThreads = 8;
  std::atomic<int> winners = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      WriteSet set;
      set.writes.push_back(test::make_put("Patient", "a", 1, std::to_string(i), {}, {}));
      if (this->store_->commit(set).ok()) ++winners;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(this->read("Patient", "a")->version, VersionId{2});
}

TYPED_TEST_P(StoreConcurrency, OfRacingPropertiesNoneIsLost) {
  constexpr int kThreads = 4, kEach = 20;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int added = 0; added < kEach;) {
        const auto before = this->store_->property("sum");
        ASSERT_TRUE(before.ok());
        WriteSet set;
        set.expected_properties.emplace_back("sum", *before);
        set.properties.emplace_back("sum", std::to_string(std::stoi(before->value_or("0")) + 1));
        const auto written = this->store_->commit(set);
        ASSERT_TRUE(written.ok() || written.error().category == Category::conflict);
        if (written.ok()) ++added;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(this->store_->property("sum")->value_or("none"), std::to_string(kThreads * kEach));
}

// Each writer keeps the sum of two counters: whoever reads a page or both resources by a feed sees only whole sets.
TYPED_TEST_P(StoreConcurrency, ReadersSeeWholeSetsOnly) {
  constexpr int kRounds = 40;
  {
    WriteSet set;
    for (const char* id : {"x", "y"}) {
      set.writes.push_back(test::make_put("Observation", id, 0, "0", test::code_value("pair"), {}));
    }
    ASSERT_TRUE(this->store_->commit(set).ok());
  }
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::uint64_t round = 1; round <= kRounds; ++round) {
      const test::Values values = test::code_value("pair");
      WriteSet set;
      for (const char* id : {"x", "y"}) {
        set.writes.push_back(test::make_put("Observation", id, round, std::to_string(round), values, values));
      }
      EXPECT_TRUE(this->store_->commit(set).ok());
    }
    done = true;
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      do {
        auto page = this->store_->search(test::token_query("Observation", "code", "pair"), {.count = 10});
        ASSERT_TRUE(page.ok());
        ASSERT_EQ(page->entries.size(), 2u);
        EXPECT_EQ(page->entries[0].tail, page->entries[1].tail);
        EXPECT_EQ(page->entries[0].version, page->entries[1].version);
      } while (!done);
    });
  }
  writer.join();
  for (std::thread& reader : readers) reader.join();
}

TYPED_TEST_P(StoreConcurrency, ConcurrentWritersLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        const test::Values values = test::observation("w" + std::to_string(t), "final", "Patient/p", "2020-01-01", "1");
        WriteSet set;
        set.writes.push_back(test::make_put("Observation", id, 0, id, values, {}));
        EXPECT_TRUE(this->store_->commit(set).ok());
        EXPECT_TRUE(this->read("Observation", id).has_value()) << "an acknowledged write is there at once";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(this->store_->statistics()->resources, static_cast<std::uint64_t>(kThreads * kEach));
  EXPECT_EQ(this->store_->changes({0}, 1000)->size(), static_cast<std::size_t>(kThreads * kEach));
  for (int t = 0; t < kThreads; ++t) {
    EXPECT_EQ(this->find_by_code("w" + std::to_string(t), 20).size(), static_cast<std::size_t>(kEach));
  }
}

REGISTER_TYPED_TEST_SUITE_P(StoreConcurrency, OfRacingConditionsOneWins, OfRacingUpdatesOneWins,
                            OfRacingPropertiesNoneIsLost, ReadersSeeWholeSetsOnly, ConcurrentWritersLoseNothing);

}  // namespace vesta::store
