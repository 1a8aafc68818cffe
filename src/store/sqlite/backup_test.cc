// Backups: of one moment while others write, of encrypted stores, and what stands in the way of one.
#include "store/sqlite/backup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "fhir/definitions.h"
#include "store/contract_test_support.h"
#include "store/digest.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/store_keys.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

class BackupTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(const std::string& directory, const std::optional<sqlite::DataKeys>& keys = {}) {
    auto store = sqlite::open({.directory = directory, .registry = &test::registry(), .clock = &clock_, .keys = keys});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
  static void put(Store& store, int number) {
    WriteSet set;
    set.writes.push_back(test::make_put("Observation", "o" + std::to_string(number), 0, "},\"note\":\"Zwiebelturm\"}",
                                        test::code_value("c"), {}));
    set.audit.push_back("record of " + std::to_string(number));
    ASSERT_TRUE(store.commit(set).ok());
  }
  static std::string limited_digest(Store& store, const sqlite::BackedUp& at) {
    const auto made = digest(store, fhir::r4(), DigestLimits{at.seq, at.audit});
    EXPECT_TRUE(made.ok());
    return made.ok() ? made->total() : "";
  }
  std::string source() const { return folder_.path() + "/data"; }
  std::string target() const { return folder_.path() + "/backup"; }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
};

TEST_F(BackupTest, IsOfOneMomentWhileOthersWrite) {
  const auto store = open(source());
  for (int i = 0; i < 200; ++i) put(*store, i);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 200; !stop; ++i) put(*store, i);
  });
  const auto done = sqlite::back_up(source(), std::nullopt, target());
  stop = true;
  writer.join();
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_GE(done->seq, 200u);
  EXPECT_EQ(done->seq, done->audit) << "they were committed together";
  EXPECT_EQ(done->bytes, std::filesystem::file_size(target() + "/vesta.db"));
  EXPECT_FALSE(std::filesystem::exists(target() + ".partial"));
  EXPECT_FALSE(std::filesystem::exists(target() + "/vesta.db-wal"));
  const auto copy = open(target());
  EXPECT_EQ(copy->newest().value, done->seq);
  EXPECT_EQ(copy->newest_audit(), done->audit);
  EXPECT_EQ(limited_digest(*copy, *done), limited_digest(*store, *done));
  EXPECT_EQ(test::all_pages(*copy, test::token_query("Observation", "code", "c"), 100).size(), done->seq);
  put(*copy, 1'000'000);
}

TEST_F(BackupTest, OfAnEncryptedStoreIsEncrypted) {
  const sqlite::SecretKey key = sqlite::SecretKey::random();
  const auto keys = sqlite::open_keys(source(), key, sqlite::MissingKeys::are_made);
  ASSERT_TRUE(keys.ok());
  {
    const auto store = open(source(), *keys);
    for (int i = 0; i < 50; ++i) put(*store, i);
    const auto done = sqlite::back_up(source(), *keys, target());
    ASSERT_TRUE(done.ok()) << done.error().message;
    EXPECT_EQ(done->seq, 50u);
  }
  std::ifstream file(target() + "/vesta.db", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(bytes.find("Zwiebelturm"), std::string::npos);
  EXPECT_EQ(bytes.find("SQLite format"), std::string::npos);
  const auto copied = sqlite::open_keys(target(), key, sqlite::MissingKeys::are_an_error);
  ASSERT_TRUE(copied.ok()) << copied.error().message;
  const auto copy = open(target(), *copied);
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(test::all_pages(*copy, test::token_query("Observation", "code", "c"), 100).size(), 50u);
}

TEST_F(BackupTest, OverwritesNothingButWhatItLeft) {
  put(*open(source()), 1);
  std::filesystem::create_directories(target() + ".partial");
  std::ofstream(target() + ".partial/vesta.db") << "what a run left that was killed";
  ASSERT_TRUE(sqlite::back_up(source(), std::nullopt, target()).ok());
  const auto again = sqlite::back_up(source(), std::nullopt, target());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().category, Category::conflict);
  EXPECT_EQ(open(target())->newest().value, 1u);
}

TEST_F(BackupTest, NeedsAStoreAndAPlaceToWrite) {
  const auto missing = sqlite::back_up(source(), std::nullopt, target());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().category, Category::not_found);
  EXPECT_FALSE(std::filesystem::exists(target()));
  put(*open(source()), 1);
  std::ofstream(folder_.path() + "/file") << "no folder";
  const auto refused = sqlite::back_up(source(), std::nullopt, folder_.path() + "/file/backup");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::unavailable);
}

}  // namespace
}  // namespace vesta::store
