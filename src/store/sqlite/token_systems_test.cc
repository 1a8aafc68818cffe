// Tests of codes without a system: they stand under one system, several, or too many to look each up.
#include <gtest/gtest.h>

#include "store/contract_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

class TokenSystemsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    auto store = sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
  // Observations o0, o1, …: code c of the systems 0, 1, …, `systems` of them, one after the other; and one that has it
  // of two.
  void fill(Store& store, int count, int systems) {
    const search::Parameter& code = test::parameter("Observation", "code");
    const auto system = [](int number) { return number == 0 ? std::string() : "http://s" + std::to_string(number); };
    WriteSet set;
    for (int i = 0; i < count; ++i) {
      test::Values values;
      values.token(code, "c", system(i % systems));
      if (i == 3) values.token(code, "c", system((i + 1) % systems));
      ids_.push_back("o" + std::to_string(i));
      set.writes.push_back(test::make_put("Observation", ids_.back(), 0, "}", values, {}));
    }
    ASSERT_TRUE(store.commit(set).ok());
  }
  void expect_all(Store& store) {
    const search::Query query =
        test::leaf_query("Observation", {&test::parameter("Observation", "code"), search::TokenMatch{{}, "c"}});
    EXPECT_EQ(test::all_pages(store, query, 7), ids_);
    EXPECT_EQ(test::all_pages_backward(store, query, 7), ids_);
    const auto counted = store.search(query, {.count = 0, .total = search::Total::accurate});
    ASSERT_TRUE(counted.ok());
    EXPECT_EQ(counted->total, ids_.size());
  }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::vector<std::string> ids_;
};

// 32 are looked up one by one (kMaxUnion).
TEST_F(TokenSystemsTest, AreAllFoundInTheOrderOfCreation) {
  for (const int systems : {1, 2, 31, 32, 33, 70}) {
    SCOPED_TRACE(systems);
    const sqlite::test::TemporaryFolder folder;
    auto store = sqlite::open({.directory = folder.path(), .registry = &test::registry(), .clock = &clock_});
    ASSERT_TRUE(store.ok());
    ids_.clear();
    ASSERT_NO_FATAL_FAILURE(fill(**store, 100, systems));
    expect_all(**store);
  }
}

TEST_F(TokenSystemsTest, AFileOfVersion3IsBroughtInOrder) {
  {
    auto store = open();
    ASSERT_NO_FATAL_FAILURE(fill(*store, 40, 3));
  }
  sqlite::test::run_sql(
      folder_.path(),
      "ALTER TABLE token RENAME TO now;"
      "CREATE TABLE token(param, code, key, system, PRIMARY KEY(param, code, key, system)) WITHOUT ROWID;"
      "INSERT INTO token SELECT param, code, key, system FROM now; DROP TABLE now; DROP TABLE audit;"
      "PRAGMA user_version = 3");
  auto store = open();
  ASSERT_NE(store, nullptr);
  expect_all(*store);
  const auto one = store->search(
      test::leaf_query("Observation", {&test::parameter("Observation", "code"), search::TokenMatch{"http://s1", "c"}}),
      {.count = 0, .total = search::Total::accurate});
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->total, 14u);  // one in three of 40, and the one that has two
}

}  // namespace
}  // namespace vesta::store
