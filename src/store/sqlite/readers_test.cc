// The limit on reads at the same time, on both sides.
#include "store/sqlite/readers.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/contract_test_support.h"
#include "store/sqlite/test_support.h"

namespace vesta::store::sqlite {
namespace {

class ReadersTest : public ::testing::Test {
 protected:
  ReadersTest() {
    auto made = sqlite::open({.directory = folder_.path(), .registry = &store::test::registry()});
    CHECK(made.ok());
  }
  std::string path() const { return folder_.path() + "/vesta.db"; }
  // As many as there may be.
  static std::vector<Readers::Lease> take_all(Readers& readers) {
    std::vector<Readers::Lease> leases;
    for (std::size_t i = 0; i < kMaxReaders; ++i) {
      auto lease = readers.take(i % 2 == 0 ? Readers::Transaction::none : Readers::Transaction::snapshot);
      EXPECT_TRUE(lease.ok()) << i << ": " << lease.error().message;
      if (lease.ok()) leases.push_back(std::move(*lease));
    }
    return leases;
  }

  sqlite::test::TemporaryFolder folder_;
};

TEST_F(ReadersTest, OneReadTooManyIsRefused) {
  Readers readers(path(), "", std::chrono::milliseconds(0));
  std::vector<Readers::Lease> leases = take_all(readers);
  ASSERT_EQ(leases.size(), kMaxReaders);
  const auto refused = readers.take(Readers::Transaction::none);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::busy);
  leases.pop_back();
  EXPECT_TRUE(readers.take(Readers::Transaction::snapshot).ok()) << "one was given back";
}

TEST_F(ReadersTest, OneReadTooManyWaitsForAnother) {
  Readers readers(path(), "");
  std::vector<Readers::Lease> leases = take_all(readers);
  ASSERT_EQ(leases.size(), kMaxReaders);
  std::thread waiting([&] {
    const auto lease = readers.take(Readers::Transaction::none);
    EXPECT_TRUE(lease.ok()) << lease.error().message;
  });
  leases.pop_back();
  waiting.join();
}

// What a reader keeps of its snapshots, beside another connection that commits.
class SnapshotFactsTest : public ReadersTest {
 protected:
  std::unique_ptr<Connection> open(Connection::Role role) const {
    auto opened = Connection::open(path(), "", role);
    CHECK(opened.ok());
    return std::move(*opened);
  }
  static void run(Connection& connection, const char* text) {
    const Status done = connection.run(text);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  static constexpr const char* kBegin = "BEGIN; SELECT count(*) FROM resource;";
  static constexpr const char* kWrite = "INSERT OR REPLACE INTO property (key, value) VALUES ('a', randomblob(8));";
};

TEST_F(SnapshotFactsTest, GoOnUntilSomebodyCommits) {
  const auto writer = open(Connection::Role::writer);
  const auto reader = open(Connection::Role::reader);
  EXPECT_EQ(reader->facts(), nullptr) << "nothing has been read";
  run(*reader, kBegin);
  ASSERT_NE(reader->facts(), nullptr);
  reader->facts()->last_key = 7;
  run(*writer, kWrite);
  EXPECT_EQ(reader->facts()->last_key, 7) << "the snapshot is the same";
  run(*reader, "COMMIT;");
  EXPECT_EQ(reader->facts(), nullptr);
  run(*reader, kBegin);
  EXPECT_EQ(reader->facts()->last_key, std::nullopt);
  reader->facts()->last_key = 8;
  run(*reader, "COMMIT;");
  run(*reader, kBegin);
  EXPECT_EQ(reader->facts()->last_key, 8) << "nobody has written";
  run(*reader, "COMMIT;");
  run(*writer, "BEGIN;");
  run(*writer, kWrite);
  EXPECT_EQ(writer->facts(), nullptr) << "who writes sees what is not committed";
  run(*reader, kBegin);
  EXPECT_EQ(reader->facts()->last_key, 8) << "nor has anybody committed";
  run(*reader, "COMMIT;");
  run(*writer, "COMMIT;");
  run(*writer, "PRAGMA wal_checkpoint(TRUNCATE);");
  run(*reader, kBegin);
  EXPECT_EQ(reader->facts()->last_key, std::nullopt) << "also after the log was cut";
}

}  // namespace
}  // namespace vesta::store::sqlite
