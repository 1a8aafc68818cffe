// Kept versions: none is stale, whichever node wrote what, and however the database was lost meanwhile.
#include "store/postgres/current_versions.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/deadline.h"
#include "base/metrics.h"
#include "store/contract_test_support.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_support.h"

namespace vesta::store {
namespace {

class CurrentVersionsTest : public ::testing::Test {
 protected:
  struct Node {
    std::unique_ptr<Metrics> metrics = std::make_unique<Metrics>();
    std::unique_ptr<Store> store;

    double count(const std::string& name) const {
      return postgres::test::counted(*metrics, "vesta_store_cache_" + name + "_total");
    }
    std::string tail(const std::string& id) const { return postgres::test::tail_read(*store, id); }
  };
  Node open(std::size_t cache_bytes = postgres::kDefaultCacheBytes) {
    Node node;
    auto store = postgres::open({.url = database_.url(),
                                 .registry = &test::registry(),
                                 .clock = &clock_,
                                 .metrics = node.metrics.get(),
                                 .cache_bytes = cache_bytes});
    CHECK(store.ok());
    node.store = std::move(*store);
    return node;
  }
  static void put(const Node& node, const std::string& id, std::uint64_t expected, const std::string& tail) {
    const Status written = try_put(node, id, expected, tail);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  static Status try_put(const Node& node, const std::string& id, std::uint64_t expected, const std::string& tail) {
    return postgres::test::put_tail(*node.store, id, expected, tail);
  }

  test::FakeClock clock_;
  postgres::test::TemporaryDatabase database_;
};

TEST_F(CurrentVersionsTest, AnswersFromMemoryWhatNobodyHasChanged) {
  const Node node = open();
  put(node, "p", 0, "1}");
  put(node, "q", 0, "q}");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(node.tail("p"), "1}");
  EXPECT_GE(node.count("hits"), 3);
  EXPECT_LE(node.count("misses"), 2);
  const double hits = node.count("hits");
  put(node, "q", 1, "another}");
  EXPECT_EQ(node.tail("p"), "1}");
  EXPECT_EQ(node.count("hits"), hits + 1) << "what another resource became does not matter";
  EXPECT_EQ(node.tail("nobody"), "none");
}

TEST_F(CurrentVersionsTest, SeesWhatAnotherNodeWroteAtOnce) {
  const Node a = open(), b = open();
  put(a, "p", 0, "1}");
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.tail("p"), "1}");
  for (std::uint64_t version = 1; version < 50; ++version) {
    const std::string tail = std::to_string(version + 1) + "}";
    put(a, "p", version, tail);
    ASSERT_EQ(b.tail("p"), tail);
    ASSERT_EQ(b.tail("p"), tail);
  }
  EXPECT_GE(b.count("hits"), 49) << "the second of each pair";
  WriteSet removal;
  removal.writes.push_back(test::make_remove("Patient", "p", 50, {}));
  ASSERT_TRUE(a.store->commit(removal).ok());
  EXPECT_EQ(b.tail("p"), "deleted");
}

TEST_F(CurrentVersionsTest, ForgetsAllBehindManyVersions) {
  const Node a = open(), b = open();
  put(a, "p", 0, "1}");
  EXPECT_EQ(b.tail("p") + b.tail("p") + b.tail("p"), "1}1}1}");
  for (const std::int64_t more : {postgres::kMaxFollowed - 1, postgres::kMaxFollowed}) {
    const std::uint64_t version = (*a.store->read(test::type_of("Patient"), "p"))->version.value;
    put(a, "p", version, "new " + std::to_string(more) + "}");
    WriteSet many;
    for (std::int64_t i = 0; i < more; ++i) {
      many.writes.push_back(test::make_put("Device", std::to_string(more) + "-" + std::to_string(i), 0, "}", {}, {}));
    }
    ASSERT_TRUE(a.store->commit(many).ok());
    EXPECT_EQ(b.tail("p"), "new " + std::to_string(more) + "}");
    EXPECT_EQ(b.tail("p"), "new " + std::to_string(more) + "}");
  }
}

TEST_F(CurrentVersionsTest, BelievesNothingOnceTheConnectionWasLost) {
  const Node a = open(), b = open();
  put(a, "p", 0, "1}");
  EXPECT_EQ(b.tail("p") + b.tail("p") + b.tail("p"), "1}1}1}");
  const double misses = b.count("misses");
  database_.cut_connections();
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("misses"), misses + 1);
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("misses"), misses + 1) << "and begins anew";
}

// The first read of a request needs no question of its own, if one has begun since it arrived; what comes behind
// another look or a commit of the request does.
TEST_F(CurrentVersionsTest, AReadThatWasWaitedForAsksNothing) {
  const Node a = open(), b = open();
  put(a, "p", 0, "1}");
  EXPECT_EQ(b.tail("p") + b.tail("p"), "1}1}");
  put(a, "p", 1, "2}");
  const auto arrival = std::chrono::steady_clock::now();
  std::promise<void> readable;
  b.store->when_readable(test::type_of("Patient"), "p", [&] { readable.set_value(); });
  readable.get_future().wait();
  const double rounds = b.count("rounds");
  {
    const ArrivalScope scope(arrival);
    EXPECT_EQ(b.tail("p"), "2}") << "it was forgotten, and is read";
  }
  {
    const ArrivalScope scope(arrival);
    EXPECT_EQ(b.tail("p"), "2}");
    EXPECT_EQ(b.count("rounds"), rounds);
    EXPECT_EQ(b.tail("p"), "2}");
    EXPECT_EQ(b.count("rounds"), rounds + 1);
  }
  {
    const ArrivalScope scope(arrival);
    put(b, "p", 2, "3}");
    EXPECT_EQ(b.tail("p"), "3}") << "its own";
  }
  {
    const ArrivalScope scope(std::chrono::steady_clock::now());
    put(a, "p", 3, "4}");
    EXPECT_EQ(b.tail("p"), "4}") << "no question has begun since it arrived";
  }
  {
    const ArrivalScope scope(std::chrono::steady_clock::now());
    std::promise<void> asked;
    b.store->when_readable(test::type_of("Patient"), "p", [&] { asked.set_value(); });
    asked.get_future().wait();
    const CommitSeq before = b.store->newest(test::type_of("Patient"));
    put(a, "p", 4, "5}");
    while (b.store->newest(test::type_of("Patient")) == before) std::this_thread::yield();
    EXPECT_EQ(b.tail("p"), "5}") << "the node has told that something came";
  }
  bool is_unknown_readable = false;
  b.store->when_readable(test::type_of("Patient"), "nobody", [&] { is_unknown_readable = true; });
  EXPECT_TRUE(is_unknown_readable) << "at once: the database will be asked for it";
}

// One asks, for whom the database is late; behind it three wait for the next question, two of them not for long.
TEST_F(CurrentVersionsTest, WhoseTimeIsOverLeavesTheQuestionToOthers) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLong{60'000}, kShort{300};
  const Node node = open();
  put(node, "p", 0, "1}");
  EXPECT_EQ(node.tail("p") + node.tail("p"), "1}1}");
  auto other = postgres::Connection::open(database_.url()).value();
  ASSERT_TRUE(other->run("BEGIN").ok());
  ASSERT_TRUE(other->run("LOCK TABLE history IN ACCESS EXCLUSIVE MODE").ok());
  const std::array<milliseconds, 4> times = {kLong, kShort, kShort, kLong};
  std::array<Category, 4> answers{};
  std::array<bool, 4> is_answered{};
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < times.size(); ++i) {
    readers.emplace_back([&, i] {
      const DeadlineScope scope(std::chrono::steady_clock::now() + times[i]);
      const auto read = node.store->read(test::type_of("Patient"), "p");
      is_answered[i] = read.ok();
      if (!read.ok()) answers[i] = read.error().category;
    });
    std::this_thread::sleep_for(milliseconds(50));  // in this order, most times; in any other the same holds
  }
  readers[1].join();
  readers[2].join();
  ASSERT_TRUE(other->run("COMMIT").ok());
  readers[0].join();
  readers[3].join();
  EXPECT_EQ(is_answered, (std::array<bool, 4>{true, false, false, true}));
  EXPECT_EQ(answers[1], Category::busy);
  EXPECT_EQ(answers[2], Category::busy);
}

TEST_F(CurrentVersionsTest, KeepsNoMoreThanItsLimit) {
  const Node small = open(kKeptShards * 2 * 4'000), none = open(0);
  const std::string large(5'000, 'x'), little(1'000, 'x');
  put(small, "large", 0, large + "}");
  put(small, "little", 0, little + "}");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(small.tail("large"), large + "}");
    EXPECT_EQ(none.tail("little"), little + "}");
  }
  EXPECT_EQ(small.count("hits"), 0);
  EXPECT_EQ(none.count("hits"), 0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(small.tail("little"), little + "}");
  EXPECT_GE(small.count("hits"), 2);
}

// Writers tell what they have been acknowledged; whoever reads later, on any node, reads that or what came after.
TEST_F(CurrentVersionsTest, IsNeverBehindWhatWasAcknowledged) {
  constexpr std::uint64_t kVersions = 150;
  constexpr int kIds = 3, kMaxRefused = 10;
  const Node a = open(), b = open();
  std::vector<std::atomic<std::uint64_t>> acknowledged(kIds);
  std::atomic<int> running = kIds;
  std::vector<std::thread> threads;
  for (int i = 0; i < kIds; ++i) {
    threads.emplace_back([&, i] {
      int refused = 0;
      for (std::uint64_t version = 0; version < kVersions;) {
        const Status written =
            try_put(i % 2 == 0 ? a : b, "p" + std::to_string(i), version, std::to_string(version + 1) + "}");
        // Nothing was written: a node that waits for a processor for long loses its lock. It is no rule.
        if (!written.ok() && written.error().category == Category::unavailable && ++refused < kMaxRefused) continue;
        EXPECT_TRUE(written.ok()) << written.error().message;
        if (!written.ok()) break;
        acknowledged[static_cast<std::size_t>(i)] = ++version;
      }
      --running;
    });
  }
  std::atomic<int> behind = 0;
  for (int i = 0; i < 4 * postgres::kCrowd; ++i) {
    threads.emplace_back([&, i] {
      const Node& node = i % 2 == 0 ? a : b;
      for (int round = 0; running > 0; ++round) {
        const std::size_t which = static_cast<std::size_t>(round % kIds);
        const std::uint64_t least = acknowledged[which];
        const auto read = node.store->read(test::type_of("Patient"), "p" + std::to_string(which));
        const std::uint64_t version = read.ok() && *read ? (*read)->version.value : 0;
        if (!read.ok() || version < least) ++behind;
        if (version > 0 && (*read)->tail != std::to_string(version) + "}") ++behind;
        std::this_thread::sleep_for(std::chrono::microseconds(100));  // else writers hardly get a processor
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(behind, 0);
  EXPECT_GT(a.count("hits") + b.count("hits"), 0);
}

}  // namespace
}  // namespace vesta::store
