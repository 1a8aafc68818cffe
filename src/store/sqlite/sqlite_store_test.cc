// The SQLite engine passes the suite that defines a store; and what is its own: files, locks, versions, rebuilding.
#include "store/sqlite/sqlite_store.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <mutex>

#include "base/log.h"
#include "store/contract_concurrency_test_suite.h"
#include "store/contract_copy_test_suite.h"
#include "store/contract_index_test_suite.h"
#include "store/contract_search_test_suite.h"
#include "store/contract_several_test_suite.h"
#include "store/contract_test_suite.h"
#include "store/sqlite/names.h"
#include "store/sqlite/reindex.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

struct SqliteEngine {
  static constexpr bool kIsDurable = true;
  sqlite::test::TemporaryFolder folder;
  std::unique_ptr<Store> open(const search::Registry& registry, Clock& clock) {
    auto store = sqlite::open({.directory = folder.path(), .registry = &registry, .clock = &clock});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreContract, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreIndexing, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreSearches, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreSearchesSeveral, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreConcurrency, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreCopies, SqliteEngine);

class SqliteStoreTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open() {
    return sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_});
  }
  void run_sql(const std::string& sql) { sqlite::test::run_sql(folder_.path(), sql); }
  void put(Store& store, const std::string& id, const test::Values& values) {
    WriteSet set;
    set.writes.push_back(test::make_put("Observation", id, 0, id + "}", values, {}));
    ASSERT_TRUE(store.commit(set).ok());
  }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
};

TEST_F(SqliteStoreTest, LeavesOneFileWhenClosed) {
  auto store = open();
  ASSERT_TRUE(store.ok());
  put(**store, "o", test::code_value("c"));
  store->reset();
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/vesta.db"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/vesta.db-wal"));
}

// SQLite numbers the rows of the audit log itself.
TEST_F(SqliteStoreTest, RefusesAuditRecordsThatWouldGetAnotherNumber) {
  auto opened = open();
  ASSERT_TRUE(opened.ok());
  Store& store = **opened;
  WriteSet audited;
  audited.audit = std::vector<std::string>(9, "record");
  ASSERT_TRUE(store.commit(audited).ok());
  run_sql("INSERT INTO audit(number, record, hash) VALUES(100, 'foreign', '')");
  audited.writes.push_back(test::make_put("Observation", "o", 0, "o}", test::code_value("c"), {}));
  const auto refused = store.commit(audited);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().category, Category::unavailable);
  EXPECT_EQ(store.newest_audit(), 9U);
  EXPECT_FALSE(store.read(test::type_of("Observation"), "o")->has_value());
  put(store, "other", test::code_value("c"));
  run_sql("DELETE FROM audit WHERE number = 100");
  EXPECT_TRUE(store.commit(audited).ok());
  EXPECT_EQ(store.newest_audit(), 18U);
}

TEST_F(SqliteStoreTest, KeepsOthersOut) {
  auto store = open();
  ASSERT_TRUE(store.ok());
  auto second = open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().category, Category::unavailable);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos);
  store->reset();
  EXPECT_TRUE(open().ok());
}

TEST_F(SqliteStoreTest, RefusesNewerAndForeignFiles) {
  ASSERT_TRUE(open().ok());
  run_sql("PRAGMA user_version = 99");
  auto newer = open();
  ASSERT_FALSE(newer.ok());
  EXPECT_NE(newer.error().message.find("newer"), std::string::npos);
  run_sql("PRAGMA user_version = 1; PRAGMA application_id = 7");
  EXPECT_FALSE(open().ok());
  std::ofstream(folder_.path() + "/vesta.db", std::ios::trunc) << std::string(10'000, 'x');
  auto broken = open();
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().category, Category::unavailable);
}

TEST_F(SqliteStoreTest, RebuildsTheIndexForOtherParameters) {
  std::map<std::string, test::Values> indexed;
  {
    auto store = open();
    ASSERT_TRUE(store.ok());
    WriteSet set;
    for (int i = 0; i < 2500; ++i) {
      const std::string id = "o" + std::to_string(i);
      // Only the new index names Patient/p, so the rebuild makes its row.
      indexed[id] = test::observation("new", "final", "Patient/p", "2020-01-01", "1.5");
      set.writes.push_back(test::make_put("Observation", id, 0, id + "}", test::code_value("old"), {}));
    }
    ASSERT_TRUE((*store)->commit(set).ok());
  }
  run_sql("UPDATE meta SET value = 'another' WHERE name = 'fingerprint'");
  EXPECT_FALSE(open().ok()) << "nobody can extract";
  std::atomic<std::uint64_t> progressed = 0;
  const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
    if (progressed >= 2000 && indexed.contains("stop")) return make_error(Category::unavailable, "stopped by the test");
    return indexed.at(version.id).values();
  };
  sqlite::OpenOptions options{.directory = folder_.path(),
                              .registry = &test::registry(),
                              .clock = &clock_,
                              .reindex = extract,
                              .progress = [&](std::uint64_t done, std::uint64_t) { progressed = done; }};
  indexed["stop"] = {};
  {
    auto store = sqlite::open(options);
    ASSERT_TRUE(store.ok());
    while (progressed < 2000) std::this_thread::yield();
    // It says that it has failed, and does not go on promising an end.
    while ((*store)->writable().error().message.find("could not be rebuilt: stopped by") == std::string::npos) {
      std::this_thread::yield();
    }
    const auto found = (*store)->search(test::all_query("Observation"), {.count = 1});
    ASSERT_FALSE(found.ok());
    EXPECT_NE(found.error().message.find("could not be rebuilt"), std::string::npos);
    EXPECT_TRUE((*store)->read(test::type_of("Observation"), "o7").ok()) << "reads go on";
  }
  indexed.erase("stop");
  auto store = sqlite::open(options);
  ASSERT_TRUE(store.ok());
  while (!(*store)->writable().ok()) std::this_thread::yield();
  EXPECT_EQ(progressed, 2500u);
  EXPECT_EQ((*store)->search(test::token_query("Observation", "code", "old"), {.count = 0})->total.value_or(9), 0u);
  EXPECT_EQ((*store)->search(test::token_query("Observation", "code", "new"), {.count = 0})->total.value_or(9), 2500u);
  std::vector<std::string> findings;
  ASSERT_TRUE((*store)->verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
  EXPECT_EQ(findings, std::vector<std::string>{});
  WriteSet later;
  later.writes.push_back(test::make_put("Observation", "later", 0, "}}", test::code_value("later"), {}));
  EXPECT_TRUE((*store)->commit(later).ok()) << "the numbers of new rows go on behind those of the rebuild";
}

// Some resources cannot be extracted or not even be read: the rebuild leaves them out and goes on.
TEST_F(SqliteStoreTest, RebuildsAroundWhatCannotBeIndexed) {
  constexpr int kResources = 1'500;  // two steps
  constexpr int kEvery = 50;         // of them is refused
  {
    auto store = open();
    ASSERT_TRUE(store.ok());
    WriteSet set;
    for (int i = 0; i < kResources; ++i) {
      set.writes.push_back(test::make_put("Observation", "o" + std::to_string(i), 0, "t" + std::to_string(i),
                                          test::observation("old", "final", "Patient/p", "2020-01-01", "1"), {}));
    }
    ASSERT_TRUE((*store)->commit(set).ok());
  }
  run_sql("UPDATE meta SET value = 'another' WHERE name = 'fingerprint'");
  run_sql("UPDATE resource SET body = x'00' WHERE id = 'o1'");
  std::mutex mutex;
  std::vector<std::string> lines;
  log::set_format(log::Format::json);
  log::set_sink([&](std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
  });
  const test::Values indexed = test::observation("new", "final", "Patient/p", "2021-01-01", "2");
  const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
    if (std::stoi(version.id.substr(1)) % kEvery != 0) return indexed.values();
    return Error{Category::invalid, {}, {Issue{Severity::error, "structure", "No such element.", "Observation.x"}}};
  };
  auto store =
      sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_, .reindex = extract});
  ASSERT_TRUE(store.ok());
  while (!(*store)->writable().ok()) std::this_thread::yield();
  log::set_sink(nullptr);
  log::set_format(log::Format::automatic);

  constexpr int kRefused = kResources / kEvery;
  const auto total = [&](const search::Query& query) { return (*store)->search(query, {.count = 0})->total.value(); };
  EXPECT_EQ(total(test::token_query("Observation", "code", "new")), std::uint64_t{kResources - kRefused - 1});
  EXPECT_EQ(total(test::token_query("Observation", "code", "old")), 0u);
  EXPECT_EQ(total(test::date_query("Observation", "date", search::Prefix::lt, "2021")), 0u) << "nor its old ranges";
  EXPECT_EQ((*store)->read(test::type_of("Observation"), "o50")->value().tail, "t50") << "it stays readable";
  const search::Leaf by_id{nullptr, search::IdMatch{"o50"}};
  EXPECT_EQ(total(test::leaf_query("Observation", by_id)), 1u);

  const auto count = [](const std::vector<std::string>& texts, const std::string& part) {
    return std::count_if(texts.begin(), texts.end(),
                         [&](const std::string& text) { return text.find(part) != std::string::npos; });
  };
  EXPECT_EQ(count(lines, "a resource could not be indexed"), sqlite::kMaxReindexWarnings);
  EXPECT_EQ(count(lines, "\"Observation/o50\""), 1);
  EXPECT_GT(count(lines, "Observation.x: No such element."), 1);
  EXPECT_EQ(count(lines, "\"resources\":" + std::to_string(kRefused + 1)), 1) << "all of them are counted";
  std::vector<std::string> findings;
  ASSERT_TRUE((*store)->verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
  EXPECT_EQ(count(findings, "cannot be extracted"), kRefused);
  EXPECT_EQ(count(findings, "Observation/o1: "), 1);
  EXPECT_EQ(findings.size(), std::size_t{kRefused + 1}) << "and nothing else is wrong";

  WriteSet again;  // written again, it is found again
  again.writes.push_back(test::make_put("Observation", "o50", 1, "}}", test::code_value("fresh"), {}));
  ASSERT_TRUE((*store)->commit(again).ok());
  EXPECT_EQ(total(test::token_query("Observation", "code", "fresh")), 1u);
}

// Names have a limit on what is kept in memory; beyond it the text stands in the row and everything goes on.
TEST_F(SqliteStoreTest, TextsBeyondTheNamesStandInTheRows) {
  constexpr int kEach = 10'000;
  constexpr int kRounds = static_cast<int>(sqlite::kMaxNames) / kEach + 1;
  const auto values_of = [](int round) {
    test::Values values;
    const search::Parameter& code = test::parameter("Observation", "code");
    const search::Parameter& quantity = test::parameter("Observation", "value-quantity");
    for (int i = 0; i < kEach; ++i) {
      const std::string name = std::to_string(round) + "-" + std::to_string(i);
      values.token(code, "c", "http://" + name);
      if (i % 4 == 0) values.quantity(quantity, "1", "1", "", "", "u" + name);
    }
    return values;
  };
  const auto count = [](Store& store, const search::Leaf& leaf) {
    return store.search(test::leaf_query("Observation", leaf), {.count = 0})->total.value_or(9);
  };
  const auto check = [&](Store& store) {
    for (const char* name : {"0-0", "6-0", "6-9999"}) {
      const search::TokenMatch match{std::string("http://") + name, "c"};
      EXPECT_EQ(count(store, {&test::parameter("Observation", "code"), match}), 1u) << name;
      const search::TokenMatch any_code{std::string("http://") + name, std::nullopt};
      EXPECT_EQ(count(store, {&test::parameter("Observation", "code"), any_code}), 1u) << name;
    }
    EXPECT_EQ(count(store, {&test::parameter("Observation", "code"), search::TokenMatch{"http://none", "c"}}), 0u);
  };
  auto store = open();
  ASSERT_TRUE(store.ok());
  for (int round = 0; round < kRounds; ++round) put(**store, "o" + std::to_string(round), values_of(round));
  check(**store);
  store->reset();
  store = open();
  ASSERT_TRUE(store.ok());
  check(**store);
  const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
    return values_of(std::stoi(version.id.substr(1))).values();
  };
  std::vector<std::string> findings;
  ASSERT_TRUE((*store)->verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
  EXPECT_EQ(findings, std::vector<std::string>{});
}

TEST_F(SqliteStoreTest, VerifyFindsDamage) {
  {
    auto store = open();
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 5; ++i) put(**store, "o" + std::to_string(i), test::code_value("c"));
  }
  run_sql("UPDATE resource SET body = x'00' WHERE id = 'o1'");
  run_sql("DELETE FROM token WHERE key = (SELECT key FROM resource WHERE id = 'o2')");
  run_sql("INSERT INTO token VALUES(1, 'z', 0, (SELECT key FROM resource WHERE id = 'o3'))");
  run_sql("UPDATE type_count SET resources = 9");
  auto store = open();
  ASSERT_TRUE(store.ok());
  std::vector<std::string> findings;
  const auto extract = [](const Version&) -> Result<search::IndexValues> { return test::code_value("c").values(); };
  ASSERT_TRUE((*store)->verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
  const auto found = [&](const std::string& text) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const std::string& finding) { return finding.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(found("damaged"));
  EXPECT_TRUE(found("1 of its index rows are missing"));
  EXPECT_TRUE(found("index table token"));
  EXPECT_TRUE(found("counts per type"));
  EXPECT_FALSE((*store)->read(test::type_of("Observation"), "o1").ok()) << "a damaged body is no resource";
}

}  // namespace
}  // namespace vesta::store
