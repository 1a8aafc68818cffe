// For the tests of what is kept between searches: a store that is asked for the same again and again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "store/contract_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store::test {

class KeptValuesStoreTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kPage = 200;

  void SetUp() override { open({}); }
  void open(const sqlite::Tuning& tuning, const search::Registry& registry = test::registry()) {
    store_.reset();
    auto opened =
        sqlite::open({.directory = folder_.path(), .registry = &registry, .clock = &clock_, .tuning = tuning});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }
  static search::Query query(const std::string& code) {
    const search::TokenMatch match{"http://loinc.org", code};
    return leaf_query("Observation", {&parameter("Observation", "code"), match});
  }
  SearchPage page(const search::Query& query) {
    auto found = store_->search(query, {.count = kPage, .total = search::Total::accurate, .explain = true});
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() ? std::move(*found) : SearchPage();
  }
  // A page that reads the whole value keeps it; a shorter one tells what was kept before.
  bool is_kept(const search::Query& query, std::uint32_t count = kPage) {
    const auto found = store_->search(query, {.count = count, .explain = true});
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() && found->explanation->children.front().what.find("kept") != std::string::npos;
  }
  // Asked for as often as it takes until it is kept, and once more.
  std::uint64_t matches(const search::Query& query) {
    std::uint64_t count = 0;
    for (int i = 0; i < 4; ++i) {
      const SearchPage found = page(query);
      EXPECT_EQ(found.total, found.entries.size());
      auto counted = store_->search(query, {.count = 0, .total = search::Total::accurate});
      EXPECT_TRUE(counted.ok());
      EXPECT_EQ(counted->total, found.total);
      count = found.entries.size();
    }
    return count;
  }
  void commit(Write write, const search::Registry& registry = test::registry()) {
    WriteSet set;
    set.writes.push_back(std::move(write));
    set.generation = registry.generation();
    const auto written = store_->commit(set);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  void add_many(const std::string& code, int count) {
    WriteSet set;
    for (int i = 0; i < count; ++i) {
      const std::string id = code + "-" + std::to_string(i);
      set.writes.push_back(make_put("Observation", id, 0, code, code_value(code), {}));
    }
    ASSERT_TRUE(store_->commit(set).ok());
  }

  FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace vesta::store::test
