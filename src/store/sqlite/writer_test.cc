// The limits of the commit queue, on both sides, while the writer is held up inside a commit.
#include "store/sqlite/writer.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "store/contract_test_support.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/test_support.h"

namespace vesta::store::sqlite {
namespace {

constexpr int kPlaces = 6;
constexpr int kTooMany = 5;

class WriterTest : public ::testing::Test {
 protected:
  WriterTest() : catalog_(store::test::registry()) {}
  ~WriterTest() override { release(); }

  void start(CommitQueueLimits limits) {
    auto connection = Connection::open(folder_.path() + "/vesta.db", "", Connection::Role::writer);
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE(create_or_migrate(**connection).ok());
    ASSERT_TRUE(catalog_.load(**connection).ok());
    ASSERT_TRUE(bodies_.load(**connection).ok());
    // The only condition of these tests: it holds once the test lets it.
    const auto check = [this](Connection&, const Condition&) -> Status {
      is_held_up_ = true;
      is_held_up_.notify_all();
      is_released_.wait(false);
      return kOk;
    };
    writer_ = std::make_unique<Writer>(std::move(*connection), catalog_, bodies_, clock_, nullptr, check,
                                       Tuning().fold_delay, limits);
    ASSERT_TRUE(writer_->start(nullptr).ok());
  }

  Result<std::vector<Written>> commit(const std::string& id, bool holds_up = false) {
    WriteSet set;
    set.writes.push_back(store::test::make_put("Patient", id, 0, id + "}", {}, {}));
    if (holds_up) set.conditions.push_back({store::test::all_query("Patient"), {}});
    return writer_->commit(set);
  }
  // Returns when the writer is inside a commit that does not end before release().
  void hold_up() {
    holder_ = std::thread([this] {
      // It may be refused for having waited, before the writer has taken it.
      auto held = commit("holder", true);
      while (!held.ok() && held.error().category == Category::busy) held = commit("holder", true);
      EXPECT_TRUE(held.ok()) << held.error().message;
    });
    is_held_up_.wait(false);
  }
  void release() {
    is_released_ = true;
    is_released_.notify_all();
    if (holder_.joinable()) holder_.join();
  }

  // Commits `count` sets at the same time while the writer is held up, waits until `refused` of them are refused, and
  // lets the others go on. Returns how many were written.
  int commit_many(int count, int refused) {
    std::atomic<int> busy = 0;
    std::atomic<int> written = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        const auto result = commit("p" + std::to_string(i));
        if (result.ok()) ++written;
        if (!result.ok()) {
          EXPECT_EQ(result.error().category, Category::busy);
          ++busy;
          busy.notify_all();
        }
      });
    }
    for (int seen = busy; seen < refused; seen = busy) busy.wait(seen);
    EXPECT_EQ(written, 0);
    release();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(busy, refused);
    return written;
  }

  store::test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  Catalog catalog_;
  Bodies bodies_;
  std::atomic<bool> is_held_up_ = false;
  std::atomic<bool> is_released_ = false;
  std::unique_ptr<Writer> writer_;
  std::thread holder_;
};

TEST_F(WriterTest, AFullQueueRefuses) {
  ASSERT_NO_FATAL_FAILURE(start({.queued_commits = kPlaces}));
  hold_up();
  EXPECT_EQ(commit_many(kPlaces + kTooMany, kTooMany), kPlaces) << "as many as there are places";
  EXPECT_TRUE(commit("later").ok());
}

TEST_F(WriterTest, AQueueThatIsJustFullTakesAll) {
  ASSERT_NO_FATAL_FAILURE(start({.queued_commits = kPlaces}));
  hold_up();
  EXPECT_EQ(commit_many(kPlaces, 0), kPlaces);
}

TEST_F(WriterTest, TooManyBytesAreRefusedButOneSetAlone) {
  ASSERT_NO_FATAL_FAILURE(start({.queued_bytes = 1}));
  hold_up();
  EXPECT_EQ(commit_many(kPlaces, kPlaces - 1), 1) << "a set that is larger than the limit passes if none waits";
  EXPECT_TRUE(commit("later").ok());
}

TEST_F(WriterTest, AWaitThatIsTooLongLeavesNothingBehind) {
  ASSERT_NO_FATAL_FAILURE(start({.commit_wait = std::chrono::milliseconds(1)}));
  hold_up();
  const auto refused = commit("p");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::busy);
  release();
  auto again = commit("p");
  while (!again.ok() && again.error().category == Category::busy) again = commit("p");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->front().version.value, 1u) << "what was refused is not there";
}

// Searches then need not look through the log; not before snapshots of earlier are read no more.
TEST_F(WriterTest, FoldsItsLogWhileNothingIsCommitted) {
  start(CommitQueueLimits());
  const std::string path = folder_.path() + "/vesta.db";
  const auto open = [](const std::string& uri) {
    sqlite3* opened = nullptr;
    EXPECT_EQ(sqlite3_open_v2(uri.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr), SQLITE_OK);
    return std::unique_ptr<sqlite3, decltype(&sqlite3_close)>(opened, sqlite3_close);
  };
  // Resources of the file alone; -1: it is just being written.
  const auto in_file = [&] {
    const auto file = open("file:" + path + "?immutable=1");
    int resources = -1;
    const auto take = [](void* out, int, char** values, char**) {
      *static_cast<int*>(out) = std::stoi(values[0]);
      return 0;
    };
    const char* const sql = "SELECT count(*) FROM resource WHERE state = 1";
    return sqlite3_exec(file.get(), sql, take, &resources, nullptr) == SQLITE_OK ? resources : -1;
  };
  const auto comes_to_have = [&](int resources) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (in_file() != resources && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(*Tuning().fold_delay);
    }
    return in_file() == resources;
  };
  ASSERT_TRUE(commit("a").ok());
  EXPECT_TRUE(comes_to_have(1));
  const auto reader = open("file:" + path);
  ASSERT_EQ(sqlite3_exec(reader.get(), "BEGIN; SELECT * FROM resource", nullptr, nullptr, nullptr), SQLITE_OK);
  ASSERT_TRUE(commit("b").ok());
  std::this_thread::sleep_for(4 * *Tuning().fold_delay);
  EXPECT_EQ(in_file(), 1) << "somebody still reads what was there before";
  ASSERT_EQ(sqlite3_exec(reader.get(), "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE(comes_to_have(2));
}

}  // namespace
}  // namespace vesta::store::sqlite
