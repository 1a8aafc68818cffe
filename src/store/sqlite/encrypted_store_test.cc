// An encrypted store passes the suite that defines a store, and no file of it says anything to who has no key.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/contract_concurrency_test_suite.h"
#include "store/contract_copy_test_suite.h"
#include "store/contract_search_test_suite.h"
#include "store/contract_test_suite.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/encrypted_vfs.h"
#include "store/sqlite/fault_vfs.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/store_keys.h"
#include "store/sqlite/test_support.h"
#include "store/sqlite/view_tables.h"

namespace vesta::store {
namespace {

using sqlite::DataKeys;
using sqlite::MissingKeys;
using sqlite::SecretKey;
using sqlite::test::FaultVfs;

constexpr std::streamoff kPage = 8192;

struct EncryptedEngine {
  static constexpr bool kIsDurable = true;
  sqlite::test::TemporaryFolder folder;
  const SecretKey key = SecretKey::random();
  std::unique_ptr<Store> open(const search::Registry& registry, Clock& clock) {
    auto keys = sqlite::open_keys(folder.path(), key, MissingKeys::are_made);
    EXPECT_TRUE(keys.ok()) << keys.error().message;
    if (!keys.ok()) return nullptr;
    auto store = sqlite::open({.directory = folder.path(), .registry = &registry, .clock = &clock, .keys = *keys});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Encrypted, StoreContract, EncryptedEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Encrypted, StoreSearches, EncryptedEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Encrypted, StoreConcurrency, EncryptedEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Encrypted, StoreCopies, EncryptedEngine);

// Words of a body, of an index row, of the schema, of SQLite itself.
const std::vector<std::string> kSecrets = {"Schwarzenegger", "code-of-a-disease", "last_updated", "SQLite format"};

class EncryptedStoreTest : public ::testing::Test {
 protected:
  using Opened = Result<std::unique_ptr<Store>>;

  Opened open(const DataKeys& keys, const std::string& vfs = "") {
    return sqlite::open(
        {.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_, .vfs = vfs, .keys = keys});
  }
  Opened open(const std::optional<SecretKey>& key, MissingKeys missing = MissingKeys::are_made) {
    VESTA_TRY(const auto keys, sqlite::open_keys(folder_.path(), key, missing));
    return sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_, .keys = keys});
  }
  DataKeys keys() { return **sqlite::open_keys(folder_.path(), key_, MissingKeys::are_made); }

  static void put(Store& store, const std::string& id) {
    WriteSet set;
    set.writes.push_back(
        test::make_put("Observation", id, 0, "Schwarzenegger " + id + "}", test::code_value("code-of-a-disease"), {}));
    ASSERT_TRUE(store.commit(set).ok());
  }
  void fill() {
    auto store = open(key_);
    ASSERT_TRUE(store.ok()) << store.error().message;
    for (int i = 0; i < 20; ++i) put(**store, "o" + std::to_string(i));
  }
  std::string path() const { return folder_.path() + "/vesta.db"; }
  std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(std::streamoff at, const std::string& bytes) {
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file << bytes;
  }
  // The error of a look at everything, or of the opening.
  std::string damage() {
    auto store = open(key_);
    if (!store.ok()) {
      EXPECT_EQ(store.error().category, Category::unavailable);
      return store.error().message;
    }
    const auto looked = (*store)->verify([](const Version&) { return test::code_value("code-of-a-disease").values(); },
                                         [](const std::string&) {});
    if (looked.ok()) return "";
    EXPECT_EQ(looked.error().category, Category::unavailable);
    return looked.error().message;
  }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  const SecretKey key_ = SecretKey::random();
};

TEST_F(EncryptedStoreTest, WritesNothingPlain) {
  FaultVfs below("below");
  below.watch(kSecrets);
  const DataKeys data_keys = keys();
  {
    auto store = open(data_keys, "below");
    ASSERT_TRUE(store.ok()) << store.error().message;
    for (int i = 0; i < 20; ++i) put(**store, "o" + std::to_string(i));
    const std::string log = bytes_of(path() + "-wal");
    EXPECT_GT(log.size(), 20u * kPage) << "the log is there while the store is open";
  }
  EXPECT_EQ(below.written_words(), std::vector<std::string>{});
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    const std::string bytes = bytes_of(entry.path());
    for (const std::string& word : kSecrets) EXPECT_EQ(bytes.find(word), std::string::npos) << entry.path() << word;
  }
  const sqlite::test::TemporaryFolder plain;
  FaultVfs seen("seen");
  seen.watch(kSecrets);
  auto store =
      sqlite::open({.directory = plain.path(), .registry = &test::registry(), .clock = &clock_, .vfs = "seen"});
  ASSERT_TRUE(store.ok());
  put(**store, "o");
  EXPECT_EQ(seen.written_words().size(), kSecrets.size()) << "without encryption they would have been seen";
}

// Sorts that spill, statement journals: in files that SQLite makes for itself.
TEST_F(EncryptedStoreTest, WritesNothingPlainIntoTemporaryFiles) {
  FaultVfs below("below");
  below.watch(kSecrets);
  const sqlite::EncryptedVfs vfs("below", keys(), "test");
  auto connection = sqlite::Connection::open(folder_.path() + "/t.db", vfs.name(), sqlite::Connection::Role::writer);
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  ASSERT_TRUE((*connection)
                  ->run("PRAGMA cache_size=10; CREATE TABLE t(a PRIMARY KEY, b);"
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                        " INSERT INTO t SELECT i, 'Schwarzenegger' || (i * 7919 % 20011) || hex(zeroblob(50)) FROM n;"
                        "CREATE TEMP TABLE s AS SELECT b FROM t ORDER BY b;"
                        "BEGIN; INSERT INTO t VALUES ('x', 1);"
                        "UPDATE t SET b = b || 'code-of-a-disease'")
                  .ok());
  // A statement that fails is undone from its journal.
  EXPECT_FALSE((*connection)->run("UPDATE t SET b = b || '+', a = CASE a WHEN 19000 THEN 'x' ELSE a END").ok());
  static constexpr sqlite::Sql kCount{"SELECT count(*) FROM t WHERE b LIKE 'Schwarz%code-of-a-disease'"};
  static constexpr sqlite::Sql kUnordered{
      "SELECT count(*) FROM (SELECT b, lag(b) OVER (ORDER BY rowid) AS before FROM s) WHERE before > b"};
  {
    sqlite::Cursor count(**connection, kCount);
    ASSERT_TRUE(count.step());
    EXPECT_EQ(count.integer_at(0), 20000);
    sqlite::Cursor unordered(**connection, kUnordered);
    ASSERT_TRUE(unordered.step());
    EXPECT_EQ(unordered.integer_at(0), 0);
  }
  EXPECT_TRUE((*connection)->run("COMMIT; PRAGMA integrity_check").ok());
  EXPECT_GT(below.temporary_writes(), 100) << "nothing has spilled";
  EXPECT_EQ(below.written_words(), std::vector<std::string>{});
}

// To leave its log the database would have to write such a journal.
TEST_F(EncryptedStoreTest, WritesNoPageIntoARollbackJournal) {
  FaultVfs below("below");
  below.watch(kSecrets);
  const sqlite::EncryptedVfs vfs("below", keys(), "test");
  auto connection = sqlite::Connection::open(folder_.path() + "/t.db", vfs.name(), sqlite::Connection::Role::writer);
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  ASSERT_TRUE((*connection)->run("CREATE TABLE t(a); INSERT INTO t VALUES ('Schwarzenegger')").ok());
  EXPECT_FALSE((*connection)->run("PRAGMA journal_mode=DELETE").ok());
  EXPECT_TRUE((*connection)->run("INSERT INTO t VALUES ('code-of-a-disease')").ok()) << "it goes on with its log";
  EXPECT_EQ(below.written_words(), std::vector<std::string>{});
}

TEST_F(EncryptedStoreTest, AsksForItsKey) {
  fill();
  const std::string before = bytes_of(path());
  const auto without = open(std::nullopt);
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().message.find("is encrypted, and no key"), std::string::npos) << without.error().message;
  const auto other = open(SecretKey::random());
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("is another one"), std::string::npos) << other.error().message;
  EXPECT_EQ(bytes_of(path()), before);
  EXPECT_EQ(damage(), "");
}

TEST_F(EncryptedStoreTest, TakesNoKeyForAPlainStore) {
  ASSERT_TRUE(open(std::nullopt).ok());
  const auto with = open(key_);
  ASSERT_FALSE(with.ok());
  EXPECT_NE(with.error().message.find("is not encrypted"), std::string::npos) << with.error().message;
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/vesta.keys"));
  EXPECT_TRUE(open(std::nullopt).ok());
}

TEST_F(EncryptedStoreTest, SaysWhichPageIsDamaged) {
  fill();
  const std::string whole = bytes_of(path());
  const auto pages = static_cast<std::streamoff>(whole.size()) / kPage;
  ASSERT_GT(pages, 10);
  for (std::streamoff page = 0; page < pages; ++page) {
    const std::streamoff at = page * kPage + 4000;
    write(at, std::string(1, static_cast<char>(whole[static_cast<std::size_t>(at)] ^ 1)));
    const std::string why = damage();
    EXPECT_NE(why.find("vesta.db, offset " + std::to_string(page * kPage) + ":"), std::string::npos) << why;
    write(0, whole);
  }
  EXPECT_EQ(damage(), "");
}

TEST_F(EncryptedStoreTest, TakesNoPageForAnother) {
  fill();
  const std::string whole = bytes_of(path());
  write(3 * kPage, whole.substr(5 * kPage, kPage));
  EXPECT_NE(damage().find("offset " + std::to_string(3 * kPage)), std::string::npos);
  write(3 * kPage, std::string(kPage, '\0'));
  EXPECT_NE(damage().find("offset " + std::to_string(3 * kPage)), std::string::npos) << "zeros";
  write(0, whole);
  EXPECT_EQ(damage(), "");
}

TEST_F(EncryptedStoreTest, FindsThatItsEndIsMissing) {
  fill();
  const std::string whole = bytes_of(path());
  for (const std::size_t size : {whole.size() - 1, whole.size() - kPage, std::size_t{kPage}, std::size_t{100}}) {
    std::filesystem::resize_file(path(), size);
    EXPECT_NE(damage(), "") << size;
    std::ofstream(path(), std::ios::binary) << whole;
  }
  EXPECT_EQ(damage(), "");
}

// As a loss of power during a checkpoint leaves it: a page is half written, and the log has it.
TEST_F(EncryptedStoreTest, TakesTornPagesFromTheLog) {
  const DataKeys data_keys = keys();
  std::string log;
  {
    auto store = open(data_keys);
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 5; ++i) put(**store, "o" + std::to_string(i));
    ASSERT_LE(bytes_of(path()).size(), std::size_t{kPage}) << "all other pages are in the log alone";
    log = bytes_of(path() + "-wal");
  }
  const std::string whole = bytes_of(path());  // as its last checkpoint has left it
  ASSERT_GT(whole.size(), 10u * kPage);
  for (std::size_t at = 0; at < whole.size(); at += kPage) {
    std::string torn = whole;
    torn.replace(at + kPage / 2, kPage / 2, std::string(kPage / 2, '\0'));
    std::ofstream(path(), std::ios::binary) << torn;
    std::ofstream(path() + "-wal", std::ios::binary) << log;
    EXPECT_EQ(damage(), "") << at;
    auto store = open(data_keys);
    ASSERT_TRUE(store.ok()) << store.error().message;
    for (const char* id : {"o0", "o1", "o2", "o3", "o4"}) {
      EXPECT_TRUE((*store)->read(test::type_of("Observation"), id)->has_value()) << at << id;
    }
  }
  std::ofstream(path(), std::ios::binary)
      << whole.substr(0, kPage / 2) << std::string(kPage / 2, '\0') << whole.substr(kPage);
  const std::string why = damage();
  EXPECT_NE(why.find("vesta.db, offset 0: it is damaged"), std::string::npos) << "without the log: " << why;
}

// As a loss of power leaves it while a store is made: half of page 1, and the journal that takes it back.
TEST_F(EncryptedStoreTest, MakesAnewWhatWasHalfMade) {
  ASSERT_FALSE(keys().keys.empty());
  std::ofstream(path(), std::ios::binary) << std::string(kPage / 2, 'x');
  std::string journal("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);             // no pages, and none in the file before
  journal += std::string(14, '\0') + std::string("\x02\0\0\0\x20\0", 6);  // sectors of 512 bytes, pages of 8192
  journal.resize(512);
  std::ofstream(path() + "-journal", std::ios::binary) << journal;
  fill();
  EXPECT_EQ(damage(), "");
}

// As a loss of power leaves it: the log ends before a frame that is not whole.
TEST_F(EncryptedStoreTest, EndsTheLogWhereItIsTorn) {
  const sqlite::test::TemporaryFolder after;
  const DataKeys data_keys = keys();
  {
    auto store = open(data_keys);
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 5; ++i) put(**store, "o" + std::to_string(i));
    for (const char* file : {"/vesta.db", "/vesta.db-wal"}) {
      std::filesystem::copy_file(folder_.path() + file, after.path() + file);
    }
  }
  const std::string database = bytes_of(after.path() + "/vesta.db");
  const std::string log = bytes_of(after.path() + "/vesta.db-wal");
  std::vector<std::pair<std::size_t, std::string>> ends;  // what is lost, and what stands there
  for (const std::size_t lost : {1u, 100u, 8000u, 8235u, 8250u, 8304u}) {
    ends.emplace_back(lost, std::string(lost / 2, '\0'));
    ends.emplace_back(lost, std::string(lost, '\xA5'));  // as of a file that had these sectors before
  }
  for (const auto& [lost, instead] : ends) {
    std::ofstream(after.path() + "/vesta.db", std::ios::binary) << database;
    std::ofstream(after.path() + "/vesta.db-wal", std::ios::binary) << log.substr(0, log.size() - lost) << instead;
    auto store =
        sqlite::open({.directory = after.path(), .registry = &test::registry(), .clock = &clock_, .keys = data_keys});
    ASSERT_TRUE(store.ok()) << store.error().message;
    EXPECT_TRUE((*store)->read(test::type_of("Observation"), "o3")->has_value()) << lost;
    EXPECT_FALSE((*store)->read(test::type_of("Observation"), "o4")->has_value()) << lost;
  }
}

TEST_F(EncryptedStoreTest, OpensWithTheNewKeyAlone) {
  fill();
  const SecretKey next = SecretKey::random();
  EXPECT_FALSE(sqlite::rewrap_keys(folder_.path(), next, next, sqlite::DataKey::kept).ok()) << "not by the present key";
  {
    auto running = open(key_);
    ASSERT_TRUE(running.ok());
    const Status done = sqlite::rewrap_keys(folder_.path(), key_, next, sqlite::DataKey::renewed);
    ASSERT_TRUE(done.ok()) << done.error().message;
    put(**running, "meanwhile");
  }
  EXPECT_FALSE(open(key_).ok());
  for (int i = 0; i < 3; ++i) {  // pages of two data keys
    auto store = open(next);
    ASSERT_TRUE(store.ok()) << store.error().message;
    put(**store, "later" + std::to_string(i));
    for (const char* id : {"o3", "meanwhile", "later0"}) {
      EXPECT_TRUE((*store)->read(test::type_of("Observation"), id)->has_value()) << id;
    }
  }
  const auto both = sqlite::open_keys(folder_.path(), next, MissingKeys::are_an_error);
  ASSERT_TRUE(both.ok());
  EXPECT_EQ((*both)->current, 2u);
  EXPECT_EQ((*both)->keys.size(), 2u);
  DataKeys old = **both;
  old.keys.erase(2);
  old.current = 1;
  const auto lost = open(old);  // a vesta.keys of before
  std::string why = lost.ok() ? "" : lost.error().message;
  EXPECT_NE(why.find("data key that this process has not read"), std::string::npos) << why;
}

TEST_F(EncryptedStoreTest, HasSoManyDataKeysAndNoMore) {
  ASSERT_FALSE(keys().keys.empty());
  const std::string file = folder_.path() + "/vesta.keys";
  std::string text = bytes_of(file);
  for (const char* word : {"key 1", "current 1"}) {
    const std::size_t digit = text.find(word) + std::string_view(word).size() - 1;
    text.replace(digit, 1, std::to_string(sqlite::kMaxDataKeyNumber - 1));
  }
  std::ofstream(file, std::ios::binary) << text;
  const auto renew = [this] { return sqlite::rewrap_keys(folder_.path(), key_, key_, sqlite::DataKey::renewed); };
  ASSERT_TRUE(renew().ok());
  EXPECT_EQ(keys().current, sqlite::kMaxDataKeyNumber);
  const Status done = renew();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().category, Category::too_large);
  EXPECT_EQ(keys().current, sqlite::kMaxDataKeyNumber);
}

TEST_F(EncryptedStoreTest, RefusesADamagedKeysFile) {
  fill();
  const std::string file = folder_.path() + "/vesta.keys";
  const std::string whole = bytes_of(file);
  EXPECT_TRUE(whole.starts_with("vesta-keys 1\nsite ")) << whole;
  const std::size_t hex = whole.find("key 1 ") + 10;
  std::string flipped = whole;
  flipped[hex] = flipped[hex] == 'a' ? 'b' : 'a';
  for (const std::string& text :
       {flipped, whole.substr(0, hex), std::string("vesta-keys 2\n"), whole + "what\n", whole + "current 7\n"}) {
    std::ofstream(file, std::ios::binary) << text;
    const auto opened = open(key_);
    ASSERT_FALSE(opened.ok()) << text;
    EXPECT_NE(opened.error().message.find("vesta.keys is damaged"), std::string::npos) << opened.error().message;
  }
  std::ofstream(file, std::ios::binary) << whole;
  EXPECT_EQ(damage(), "");
}

TEST_F(EncryptedStoreTest, SaysThatTheKeysFileIsMissing) {
  fill();
  std::filesystem::remove(folder_.path() + "/vesta.keys");
  for (const std::optional<SecretKey>& key : {std::optional<SecretKey>(), std::optional(key_)}) {
    const auto opened = open(key);
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().message.find("vesta.keys is missing"), std::string::npos) << opened.error().message;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/vesta.keys"));
}

// Without what lets root read every folder: this one can be written to, and not opened for its sync.
TEST_F(EncryptedStoreTest, SaysThatTheNewKeyMayBeInForce) {
  ASSERT_FALSE(keys().keys.empty());
  const SecretKey next = SecretKey::random();
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct all[2] = {};
  ASSERT_EQ(::syscall(SYS_capget, &header, all), 0);
  __user_cap_data_struct fewer[2] = {all[0], all[1]};
  fewer[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
  ASSERT_EQ(::syscall(SYS_capset, &header, fewer), 0);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0300));
  const Status done = sqlite::rewrap_keys(folder_.path(), key_, next, sqlite::DataKey::kept);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0700));
  ASSERT_EQ(::syscall(SYS_capset, &header, all), 0);
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.error().message.find("keep both"), std::string::npos) << done.error().message;
  EXPECT_TRUE(open(next).ok());
}

TEST_F(EncryptedStoreTest, EncryptsTablesOfViews) {
  const std::optional<DataKeys> data_keys = keys();
  {
    auto tables = sqlite::open_view_tables(folder_.path(), data_keys);
    ASSERT_TRUE(tables.ok()) << tables.error().message;
    ASSERT_TRUE((*tables)->fail("conditions", "code-of-a-disease", "Schwarzenegger").ok());
  }
  const std::string bytes = bytes_of(folder_.path() + "/views.db");
  EXPECT_GT(bytes.size(), 0u);
  for (const char* word : {"code-of-a-disease", "Schwarzenegger", "_vesta_view"}) {
    EXPECT_EQ(bytes.find(word), std::string::npos) << word;
  }
  auto query = sqlite::open_view_query(folder_.path(), data_keys);
  ASSERT_TRUE(query.ok()) << query.error().message;
  std::string found;
  const Status asked = (*query)->run(
      "SELECT failure FROM _vesta_view", [](const auto&) {},
      [&](std::span<const ViewValue> row) {
        found = row.front().text;
        return true;
      });
  EXPECT_TRUE(asked.ok());
  EXPECT_EQ(found, "Schwarzenegger");
}

}  // namespace
}  // namespace vesta::store
