// Versions that nodes share by Redis: none is stale, whoever wrote what, whatever Redis or the database has become.
#include "store/postgres/shared_versions.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/metrics.h"
#include "base/result.h"
#include "cache/cache.h"
#include "cache/redis_cache.h"
#include "cache/test_redis.h"
#include "store/contract_test_support.h"
#include "store/postgres/changes.h"
#include "store/postgres/connection.h"
#include "store/postgres/current_versions.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/test_server.h"
#include "store/postgres/test_support.h"
#include "store/store.h"

namespace vesta::store {
namespace {

// A node without memory of its own reads what is shared, or the database.
class SharedVersionsTest : public ::testing::Test {
 protected:
  struct Sharing {
    std::unique_ptr<Metrics> metrics = std::make_unique<Metrics>();
    std::unique_ptr<cache::RedisCache> cache;
    std::unique_ptr<Store> store;

    double count(const std::string& outcome) const {
      return postgres::test::counted(*metrics, "vesta_cache_versions_total{outcome=\"" + outcome + "\"}");
    }
    std::string tail(const std::string& id) const { return postgres::test::tail_read(*store, id); }
  };
  Sharing open(std::size_t cache_bytes = 0) { return open(database_, cache_bytes); }
  Sharing open(const postgres::test::TemporaryDatabase& database, std::size_t cache_bytes = 0) {
    Sharing node;
    node.cache = std::make_unique<cache::RedisCache>(redis_.url(), nullptr, cache::test::kPatient);
    cache::test::wait_until_connected(*node.cache);
    auto store = postgres::open({.url = database.url(),
                                 .registry = &test::registry(),
                                 .clock = &clock_,
                                 .metrics = node.metrics.get(),
                                 .cache_bytes = cache_bytes,
                                 .cache = node.cache.get()});
    CHECK(store.ok());
    node.store = std::move(*store);
    return node;
  }
  static Status put(const Sharing& node, const std::string& id, std::uint64_t expected, const std::string& tail) {
    return postgres::test::put_tail(*node.store, id, expected, tail);
  }
  // Of devices, which nobody reads.
  static void put_many(const Sharing& node, std::int64_t count) {
    static int batch = 0;
    ++batch;
    WriteSet set;
    for (std::int64_t i = 0; i < count; ++i) {
      set.writes.push_back(test::make_put("Device", std::to_string(batch) + "-" + std::to_string(i), 0, "}", {}, {}));
      if (set.writes.size() == 1'000 || i + 1 == count) {
        ASSERT_TRUE(node.store->commit(set).ok());
        set = {};
      }
    }
  }

  test::FakeClock clock_;
  postgres::test::TemporaryDatabase database_;
  cache::test::Redis redis_;
};

TEST_F(SharedVersionsTest, OneNodeReadsForAll) {
  const Sharing a = open(), b = open();
  ASSERT_TRUE(put(a, "p", 0, "1}").ok());
  EXPECT_EQ(a.tail("p"), "1}");
  EXPECT_EQ(a.count("miss"), 1);
  EXPECT_EQ(b.tail("p") + b.tail("p") + a.tail("p"), "1}1}1}");
  EXPECT_EQ(b.count("hit"), 2);
  EXPECT_EQ(a.count("hit"), 1);
  EXPECT_EQ(b.tail("nobody"), "none");
  const auto read = b.store->read(test::type_of("Patient"), "p");
  const auto direct = b.store->read_version(test::type_of("Patient"), "p", {1});
  ASSERT_TRUE(read.ok() && *read && direct.ok() && *direct);
  EXPECT_EQ((*read)->seq, (*direct)->seq);
  EXPECT_EQ((*read)->last_updated, (*direct)->last_updated);
  EXPECT_EQ((*read)->version, (*direct)->version);
  WriteSet removal;
  removal.writes.push_back(test::make_remove("Patient", "p", 1, {}));
  ASSERT_TRUE(a.store->commit(removal).ok());
  EXPECT_EQ(b.tail("p"), "deleted");
  EXPECT_EQ(a.tail("p"), "deleted");
  EXPECT_EQ(a.count("hit"), 2) << "a deletion is shared too";
}

TEST_F(SharedVersionsTest, WhatIsSharedIsKeptInMemoryAndForgottenAsTheRest) {
  const Sharing a = open(), b = open(postgres::kDefaultCacheBytes);
  ASSERT_TRUE(put(a, "p", 0, "1}").ok());
  EXPECT_EQ(a.tail("p"), "1}");
  EXPECT_EQ(b.tail("p") + b.tail("p") + b.tail("p"), "1}1}1}");
  EXPECT_EQ(b.count("hit"), 1);
  ASSERT_TRUE(put(a, "p", 1, "2}").ok());
  EXPECT_EQ(b.tail("p"), "2}");
}

TEST_F(SharedVersionsTest, WhatHasChangedIsNotBelieved) {
  const Sharing a = open(), b = open();
  for (std::uint64_t version = 0; version < 30; ++version) {
    const std::string tail = std::to_string(version + 1) + "}";
    ASSERT_TRUE(put(version % 2 == 0 ? a : b, "p", version, tail).ok());
    ASSERT_EQ(b.tail("p"), tail);
    ASSERT_EQ(a.tail("p"), tail);
  }
  EXPECT_EQ(b.count("doubt"), 29);
  EXPECT_EQ(a.count("hit"), 30);
}

// Whoever reads slowly puts an old version into the place of a new one.
TEST_F(SharedVersionsTest, AnOldOneThatComesLateIsNotBelieved) {
  const Sharing a = open(), b = open();
  ASSERT_TRUE(put(a, "p", 0, "1}").ok());
  EXPECT_EQ(a.tail("p"), "1}");
  auto connection = postgres::Connection::open(database_.url());
  ASSERT_TRUE(connection.ok());
  const auto identity = postgres::read_identity(**connection);
  ASSERT_TRUE(identity.ok());
  const std::string key =
      postgres::shared_key(*identity, database_.run_sql("SELECT type::bigint FROM history WHERE seq = 1"), "p");
  const auto old = a.cache->get(key);
  ASSERT_TRUE(old.has_value());
  ASSERT_TRUE(put(a, "p", 1, "2}").ok());
  EXPECT_EQ(a.tail("p") + b.tail("p"), "2}2}");
  a.cache->set(key, *old, postgres::kSharedFor);
  EXPECT_EQ(b.tail("p"), "2}");
  const double hits = a.count("hit");
  EXPECT_EQ(a.tail("p"), "2}");
  EXPECT_EQ(a.count("hit"), hits + 1) << "which was put back";
  for (const std::string& broken : {std::string(), old->substr(0, old->size() / 2), "x" + *old}) {
    a.cache->set(key, broken, postgres::kSharedFor);
    EXPECT_EQ(b.tail("p"), "2}");
  }
}

TEST_F(SharedVersionsTest, ANewNodeBelievesAsFarAsItLooksBack) {
  const Sharing a = open();
  ASSERT_TRUE(put(a, "p", 0, "1}").ok());
  ASSERT_TRUE(put(a, "q", 0, "1}").ok());
  EXPECT_EQ(a.tail("p") + a.tail("q"), "1}1}");  // as of 2
  ASSERT_TRUE(put(a, "q", 1, "2}").ok());
  put_many(a, postgres::kLookedBack - 1);
  {
    const Sharing b = open();
    EXPECT_EQ(b.tail("p") + b.tail("q"), "1}2}");
    EXPECT_EQ(b.count("hit"), 1);
    EXPECT_EQ(b.count("doubt"), 1);
  }
  EXPECT_EQ(a.tail("q"), "2}");
  put_many(a, 1);
  redis_.ask({"FLUSHALL"});
  EXPECT_EQ(a.tail("p"), "1}");
  put_many(a, postgres::kLookedBack + 1);
  const Sharing b = open();
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("doubt"), 1) << "it does not know";
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("hit"), 1);
}

TEST_F(SharedVersionsTest, BelievesNothingFromBeforeItFellBehind) {
  const Sharing a = open(), b = open();
  ASSERT_TRUE(put(a, "p", 0, "1}").ok());
  EXPECT_EQ(a.tail("p"), "1}");
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("hit"), 1);
  put_many(a, postgres::kMaxFollowed + 1);
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("doubt"), 1);
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("hit"), 2);
}

TEST_F(SharedVersionsTest, ALostConnectionAndAnEmptyCacheChangeNothing) {
  const Sharing a = open(), b = open();
  ASSERT_TRUE(put(a, "p", 0, "1}").ok());
  EXPECT_EQ(a.tail("p") + b.tail("p"), "1}1}");
  database_.cut_connections();
  EXPECT_EQ(b.tail("p"), "1}");
  redis_.ask({"FLUSHALL"});
  const double misses = b.count("miss");
  EXPECT_EQ(b.tail("p"), "1}");
  EXPECT_EQ(b.count("miss"), misses + 1);
  redis_.kill();
  EXPECT_EQ(b.tail("p") + a.tail("p"), "1}1}");
  EXPECT_TRUE(put(a, "p", 1, "2}").ok());
  EXPECT_EQ(b.tail("p"), "2}");
  redis_.start();
  cache::test::wait_until_connected(*a.cache);
  cache::test::wait_until_connected(*b.cache);
  EXPECT_EQ(b.tail("p") + a.tail("p"), "2}2}");
}

// Both have versions of the same seqs, and the same Redis.
TEST_F(SharedVersionsTest, AnotherDatabaseIsAnotherStore) {
  const postgres::test::TemporaryDatabase other;
  const Sharing a = open(), b = open(other);
  ASSERT_TRUE(put(a, "p", 0, "1}").ok());
  ASSERT_TRUE(put(b, "p", 0, "another}").ok());
  EXPECT_EQ(a.tail("p") + a.tail("p"), "1}1}");
  EXPECT_EQ(b.tail("p") + b.tail("p"), "another}another}");
}

// Filled again in its place, as by a restore of a dump: its seqs mean other versions.
TEST_F(SharedVersionsTest, ARestoredDatabaseIsAnotherStore) {
  const auto identity_of = [](const postgres::test::TemporaryDatabase& database) {
    auto connection = postgres::Connection::open(database.url());
    CHECK(connection.ok());
    auto identity = postgres::read_identity(**connection);
    CHECK(identity.ok());
    return *identity;
  };
  const std::string before = identity_of(database_);
  EXPECT_EQ(identity_of(database_), before);
  database_.run_sql("CREATE TABLE saved AS SELECT * FROM head");
  database_.run_sql("TRUNCATE head");
  database_.run_sql("INSERT INTO head SELECT * FROM saved");
  EXPECT_NE(identity_of(database_), before);
}

TEST_F(SharedVersionsTest, LargeOnesAreNotShared) {
  const Sharing a = open();
  const std::size_t head = postgres::write_shared(Version{}, 0).size();
  const std::string largest(cache::kMaxValueBytes - head, 'x'), too_large = largest + "x";
  ASSERT_TRUE(put(a, "p", 0, largest).ok());
  ASSERT_TRUE(put(a, "q", 0, too_large).ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(a.tail("p") == largest);
    EXPECT_TRUE(a.tail("q") == too_large);
  }
  EXPECT_EQ(a.count("hit"), 1);
  EXPECT_EQ(a.count("miss"), 3);
}

// Writers tell what they have been acknowledged; whoever reads later, on any node, reads that or what came after; while
// Redis is flushed, killed and started again.
TEST_F(SharedVersionsTest, IsNeverBehindWhatWasAcknowledged) {
  constexpr std::uint64_t kVersions = 120;
  constexpr std::size_t kIds = 3;
  const Sharing a = open(), b = open(postgres::kDefaultCacheBytes), c = open();
  const std::vector<const Sharing*> nodes = {&a, &b, &c};
  std::vector<std::atomic<std::uint64_t>> acknowledged(kIds);
  std::atomic<std::size_t> running = kIds;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kIds; ++i) {
    threads.emplace_back([&, i] {
      for (std::uint64_t version = 0; version < kVersions; ++version) {
        const Status written = put(*nodes[i], "p" + std::to_string(i), version, std::to_string(version + 1) + "}");
        EXPECT_TRUE(written.ok()) << written.error().message;
        if (!written.ok()) break;
        acknowledged[i] = version + 1;
      }
      --running;
    });
  }
  std::atomic<int> behind = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      const Sharing& node = *nodes[i % nodes.size()];
      for (std::size_t round = 0; running > 0; ++round) {
        const std::size_t which = round % kIds;
        const std::uint64_t least = acknowledged[which];
        const auto read = node.store->read(test::type_of("Patient"), "p" + std::to_string(which));
        const std::uint64_t version = read.ok() && *read ? (*read)->version.value : 0;
        if (!read.ok() || version < least) ++behind;
        if (version > 0 && (*read)->tail != std::to_string(version) + "}") ++behind;
        std::this_thread::sleep_for(std::chrono::microseconds(100));  // else writers hardly get a processor
      }
    });
  }
  for (int round = 0; running > 0; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (round % 4 == 3) {
      redis_.kill();
      redis_.start();
    } else {
      redis_.ask({"FLUSHALL"});
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(behind, 0);
  EXPECT_GT(a.count("hit") + b.count("hit") + c.count("hit"), 0);
}

TEST(ChangesTest, SaysTooNewAndNeverTooOld) {
  postgres::Changes changes(1);  // all share the slot
  changes.begin(10);
  EXPECT_FALSE(changes.is_unchanged_since(1, "a", 9));
  EXPECT_TRUE(changes.is_unchanged_since(1, "a", 10));
  changes.note(1, "a", 12);
  changes.note(2, "b", 11);
  EXPECT_FALSE(changes.is_unchanged_since(1, "a", 11));
  EXPECT_FALSE(changes.is_unchanged_since(2, "b", 11)) << "as it may be";
  EXPECT_TRUE(changes.is_unchanged_since(2, "b", 12));
  changes.begin(13);
  EXPECT_FALSE(changes.is_unchanged_since(1, "a", 12));
  EXPECT_TRUE(changes.is_unchanged_since(1, "a", 13));
  EXPECT_FALSE(postgres::Changes(0).is_unchanged_since(1, "a", 13)) << "it notes nothing";
}

}  // namespace
}  // namespace vesta::store
