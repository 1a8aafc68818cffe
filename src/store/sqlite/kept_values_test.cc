// Tests of kept values: never of another state than the search's, whatever is written meanwhile, and never too many.
#include "store/sqlite/kept_values.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "store/sqlite/kept_values_test_support.h"

namespace vesta::store {
namespace {

using sqlite::Equality;
using sqlite::IndexRows;
using sqlite::KeptValues;
using sqlite::ValueStamps;
using sqlite::ValueView;
using test::KeptValuesStoreTest;

Equality code_is(std::string code) {
  Equality equality;
  equality.param = 7;
  equality.text = std::move(code);
  equality.system = 3;
  return equality;
}

sqlite::KeptValue counted(std::uint64_t count) {
  return {.count = count, .keys = nullptr};
}

class ValueViewTest : public ::testing::Test {
 protected:
  // From here on, the writer stamps single values. What it writes has keys of before, unless a test says so.
  void SetUp() override {
    ValueView(values_).keep(code_is("first"), counted(1));
    stamps().begin_keys(2);
  }

  // A whole group that writes a row of the code.
  void write(std::string_view code) {
    touch(code);
    stamps().begin();
    stamps().end();
  }
  void touch(std::string_view code, std::int64_t key = 1) {
    IndexRows rows;
    rows.tokens.push_back({7, code, {3, {}}, key});
    stamps().touch(rows);
  }
  ValueStamps& stamps() { return values_.stamps(); }
  std::optional<std::uint64_t> found(ValueView view) { return view.find(code_is("x")).value.count; }
  std::optional<std::uint64_t> found() { return found(ValueView(values_)); }
  void keep(std::uint64_t count) { ValueView(values_).keep(code_is("x"), counted(count)); }

  KeptValues values_;
};

TEST_F(ValueViewTest, FindsWhatWasKeptUntilItIsWritten) {
  EXPECT_EQ(found(), std::nullopt);
  keep(5);
  EXPECT_EQ(found(), 5u);
  write("y");
  EXPECT_EQ(found(), 5u) << "another code";
  write("x");
  EXPECT_EQ(found(), std::nullopt);
  keep(6);
  EXPECT_EQ(found(), 6u);
  stamps().touch_all();
  EXPECT_EQ(found(), std::nullopt) << "before the group can be seen";
  stamps().end();
  EXPECT_EQ(found(), std::nullopt);
}

TEST_F(ValueViewTest, TellsGrowthFromOtherChanges) {
  const auto write_key = [this](std::int64_t key, std::int64_t next_key) {
    stamps().begin_keys(next_key);
    touch("x", key);
    stamps().begin();
    stamps().end();
  };
  const auto find = [this] { return ValueView(values_).find(code_is("x")); };
  keep(5);
  EXPECT_FALSE(find().has_grown);
  write_key(10, 10);
  write_key(11, 11);
  EXPECT_EQ(find().value.count, 5u) << "before it grew";
  EXPECT_TRUE(find().has_grown);
  keep(7);
  EXPECT_FALSE(find().has_grown);
  write_key(11, 12);
  EXPECT_EQ(find().value.count, std::nullopt) << "a key that another group has given";
  keep(7);
  write_key(9, 12);
  write_key(12, 12);
  EXPECT_EQ(find().value.count, std::nullopt) << "grown, but not only";
}

TEST_F(ValueViewTest, FindsWhatAnEditionDecidedOfAValue) {
  const auto found = [this](std::uint64_t edition) {
    return ValueView(values_).find(sqlite::DecidedValue{code_is("x"), edition});
  };
  ValueView(values_).keep(sqlite::DecidedValue{code_is("x"), 1}, counted(5));
  EXPECT_EQ(found(1).value.count, 5u);
  EXPECT_EQ(found(2).value.count, std::nullopt);
  EXPECT_EQ(this->found(), std::nullopt) << "of the value itself";
  stamps().begin_keys(10);
  touch("x", 10);
  stamps().begin();
  stamps().end();
  EXPECT_TRUE(found(1).has_grown);
  write("x");
  EXPECT_EQ(found(1).value.count, std::nullopt);
}

TEST_F(ValueViewTest, HoldsAsManyKeysAsThereIsRoomFor) {
  constexpr std::size_t kKeys = 100;
  const auto keys = std::make_shared<const sqlite::Keys>(kKeys, 1);
  for (const char* code : {"a", "b"}) ValueView(values_).keep(code_is(code), {.count = kKeys, .keys = keys});
  const auto held = [&](std::size_t bytes) {
    ValueView view(values_, bytes);
    std::size_t found = 0;
    for (const char* code : {"a", "b"}) {
      const sqlite::KeptValue value = view.find(code_is(code)).value;
      EXPECT_EQ(value.count, kKeys) << "what it counts is known in any case";
      if (value.keys != nullptr) ++found;
    }
    return found;
  };
  constexpr std::size_t kBytes = kKeys * sizeof(std::int64_t);
  EXPECT_EQ(held(kBytes - 1), 0u);
  EXPECT_EQ(held(kBytes), 1u);
  EXPECT_EQ(held(2 * kBytes - 1), 1u);
  EXPECT_EQ(held(2 * kBytes), 2u);
}

TEST_F(ValueViewTest, TellsValuesApartByAllOfThem) {
  keep(5);
  const auto finds = [this](auto change) {
    Equality other = code_is("x");
    change(other);
    return ValueView(values_).find(other).value.count.has_value();
  };
  EXPECT_TRUE(finds([](Equality&) {}));
  EXPECT_FALSE(finds([](Equality& other) { other.param = 8; }));
  EXPECT_FALSE(finds([](Equality& other) { other.text = "X"; }));
  EXPECT_FALSE(finds([](Equality& other) { other.system = 4; }));
  EXPECT_FALSE(finds([](Equality& other) { other.system_text = "s"; }));
  EXPECT_FALSE(finds([](Equality& other) { other.table = Equality::Table::uri; }));
  EXPECT_FALSE(finds([](Equality& other) { other.table = Equality::Table::word; }));
}

TEST_F(ValueViewTest, WhatAnOlderSnapshotCountedIsNotKept) {
  ValueView older(values_);
  write("x");
  older.keep(code_is("x"), counted(5));
  EXPECT_EQ(found(), std::nullopt);
  EXPECT_EQ(found(older), std::nullopt);
}

TEST_F(ValueViewTest, WhatANewerSnapshotCountedIsNotOfAnOlderOne) {
  ValueView older(values_);
  write("y");
  keep(5);
  EXPECT_EQ(found(), 5u);
  EXPECT_EQ(found(older), std::nullopt);
  write("x");
  keep(6);
  EXPECT_EQ(found(), 6u);
  EXPECT_EQ(found(older), std::nullopt);
}

// The snapshot may have the group or not.
TEST_F(ValueViewTest, AGroupThatIsBeingCommittedSparesWhatItDoesNotWrite) {
  keep(5);
  touch("y");
  stamps().begin();
  ValueView between(values_);
  EXPECT_EQ(found(between), 5u);
  between.keep(code_is("y"), counted(1));
  EXPECT_EQ(between.find(code_is("y")).value.count, std::nullopt) << "nobody knows of which of the two it is";
  between.keep(code_is("x"), counted(5));
  EXPECT_EQ(found(between), 5u);
  stamps().end();
  EXPECT_EQ(found(), 5u);
}

TEST_F(ValueViewTest, AGroupThatComesToNothingHasANumberToo) {
  keep(5);
  touch("x");
  stamps().end();
  EXPECT_EQ(found(), std::nullopt);
  keep(5);
  EXPECT_EQ(found(), 5u);
}

TEST_F(ValueViewTest, FindsASetUntilOneOfItsTargetsIsWritten) {
  const sqlite::TargetSet set{7, std::make_shared<const sqlite::Keys>(sqlite::Keys{10, 20})};
  const auto write_reference = [this](std::int64_t param, std::int64_t target) {
    IndexRows rows;
    rows.references.push_back({param, target, 1});
    stamps().touch(rows);
    stamps().begin();
    stamps().end();
  };
  const auto keep_set = [&] { ValueView(values_).keep(set, counted(5)); };
  const auto is_found = [&](const sqlite::TargetSet& asked) { return ValueView(values_).find(asked).count == 5u; };
  keep_set();
  EXPECT_TRUE(is_found(set));
  EXPECT_FALSE(is_found({8, set.targets})) << "another parameter";
  EXPECT_FALSE(is_found({7, std::make_shared<const sqlite::Keys>(*set.targets)})) << "another set";
  write_reference(7, 30);
  write_reference(8, 10);
  write("x");
  EXPECT_TRUE(is_found(set));
  for (const std::int64_t target : {10, 20}) {
    write_reference(7, target);
    EXPECT_FALSE(is_found(set)) << target;
    keep_set();
    EXPECT_TRUE(is_found(set));
  }
  ValueView older(values_);
  write_reference(7, 20);
  older.keep(set, counted(5));
  EXPECT_FALSE(is_found(set)) << "what an older snapshot counted";
  keep_set();
  stamps().touch_all();
  EXPECT_FALSE(is_found(set));
}

TEST(KeptValuesTest, StayBelowTheirLimit) {
  constexpr std::size_t kLimit = kKeptShards * 40'000;
  KeptValues values(kLimit);
  ValueView view(values);
  const auto keys = [](std::size_t count) { return std::make_shared<const sqlite::Keys>(count, 1); };
  for (int i = 0; i < 1'000; ++i) {
    view.keep(code_is(std::to_string(i)), {.count = 100, .keys = keys(100)});
    ASSERT_LE(values.bytes(), kLimit);
  }
  EXPECT_GT(values.bytes(), kLimit / 3);
  EXPECT_EQ(view.find(code_is("0")).value.count, std::nullopt);
  EXPECT_EQ(view.find(code_is("999")).value.count, 100u);
  view.keep(code_is("large"), {.count = 3'000, .keys = keys(3'000)});
  EXPECT_EQ(view.find(code_is("large")).value.count, std::nullopt) << "more than half of a shard";
}

TEST(KeptValuesTest, SetsStayBelowTheirLimit) {
  constexpr std::size_t kKeys = sqlite::kMaxKeptSetBytes / kKeptShards / 2 / sizeof(std::int64_t) - 100;
  KeptValues values;
  ValueView view(values, SIZE_MAX);
  std::vector<sqlite::TargetSet> sets;
  const auto keep = [&](std::size_t keys) {
    sets.push_back({7, std::make_shared<const sqlite::Keys>(1, 1)});
    view.keep(sets.back(), {.count = keys, .keys = std::make_shared<const sqlite::Keys>(keys, 1)});
    return view.find(sets.back()).count == keys;
  };
  EXPECT_TRUE(keep(kKeys));
  EXPECT_FALSE(keep(kKeys + 100)) << "more than half of a shard";
  for (std::size_t i = 0; i < 3 * kKeptShards; ++i) {
    EXPECT_TRUE(keep(kKeys));
    ASSERT_LE(values.bytes(), sqlite::kMaxKeptSetBytes);
  }
}

TEST_F(KeptValuesStoreTest, AreUsedOnceTheyWereReadAndAreOffIfTheTuningSaysSo) {
  add_many("x", 40);
  EXPECT_EQ(matches(query("x")), 40u);
  EXPECT_TRUE(is_kept(query("x")));
  open({.keeps_values = false});
  EXPECT_EQ(matches(query("x")), 40u);
  EXPECT_FALSE(is_kept(query("x")));
}

TEST_F(KeptValuesStoreTest, AreReadUpToALimit) {
  open({.max_kept_keys = 40});
  add_many("x", 40);
  EXPECT_EQ(matches(query("x")), 40u);
  EXPECT_TRUE(is_kept(query("x")));
  add_many("y", 41);
  EXPECT_EQ(matches(query("y")), 41u);
  EXPECT_FALSE(is_kept(query("y")));
}

TEST_F(KeptValuesStoreTest, FollowWhatIsAddedChangedAndTakenAway) {
  add_many("x", 40);
  add_many("y", 40);
  EXPECT_EQ(matches(query("x")), 40u);
  EXPECT_EQ(matches(query("y")), 40u);
  commit(test::make_put("Observation", "new", 0, "x", test::code_value("x"), {}));
  EXPECT_EQ(matches(query("x")), 41u);
  EXPECT_TRUE(is_kept(query("y"))) << "nobody has written it";
  commit(test::make_put("Observation", "new", 1, "y", test::code_value("y"), test::code_value("x")));
  EXPECT_EQ(matches(query("x")), 40u);
  EXPECT_EQ(matches(query("y")), 41u);
  commit(test::make_remove("Observation", "y-7", 1, test::code_value("y")));
  EXPECT_EQ(matches(query("y")), 40u);
}

TEST_F(KeptValuesStoreTest, AreNotReadAnewForAFewThatWereAdded) {
  constexpr int kMost = 3;
  open({.max_grown_keys = kMost});
  add_many("x", 40);
  EXPECT_EQ(matches(query("x")), 40u);
  const auto add = [&](const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) {
      commit(test::make_put("Observation", prefix + std::to_string(i), 0, "x", test::code_value("x"), {}));
    }
  };
  add("few-", kMost);
  EXPECT_TRUE(is_kept(query("x"), 1));
  EXPECT_EQ(matches(query("x")), 43u);
  add("many-", kMost + 1);
  EXPECT_FALSE(is_kept(query("x"), 1));
  EXPECT_EQ(matches(query("x")), 47u);
}

TEST_F(KeptValuesStoreTest, GrowUpToTheirLimit) {
  open({.max_kept_keys = 41});
  add_many("x", 40);
  EXPECT_EQ(matches(query("x")), 40u);
  commit(test::make_put("Observation", "a", 0, "x", test::code_value("x"), {}));
  EXPECT_TRUE(is_kept(query("x"), 1));
  EXPECT_EQ(matches(query("x")), 41u);
  commit(test::make_put("Observation", "b", 0, "x", test::code_value("x"), {}));
  EXPECT_FALSE(is_kept(query("x"), 1));
  EXPECT_EQ(matches(query("x")), 42u);
}

// A reference gives a key to a target that is not there yet: it comes to a value without being above all others.
TEST_F(KeptValuesStoreTest, FollowTargetsThatComeLater) {
  WriteSet set;
  set.writes.push_back(test::make_put(
      "Observation", "r", 0, "",
      test::Values().reference(test::parameter("Observation", "derived-from"), "Observation", "later"), {}));
  ASSERT_TRUE(store_->commit(set).ok());
  add_many("x", 40);
  EXPECT_EQ(matches(query("x")), 40u);
  commit(test::make_put("Observation", "later", 0, "x", test::code_value("x"), {}));
  EXPECT_EQ(matches(query("x")), 41u);
}

TEST_F(KeptValuesStoreTest, FollowTheIndexBeingReplaced) {
  add_many("x", 40);
  EXPECT_EQ(matches(query("x")), 40u);
  Write index = test::make_put("Observation", "x-3", 1, "", test::code_value("y"), {});
  index.kind = Write::Kind::index;
  commit(index);
  EXPECT_EQ(matches(query("x")), 39u);
  EXPECT_EQ(matches(query("y")), 1u);
}

TEST_F(KeptValuesStoreTest, FollowReferencesAndTargetsThatComeLater) {
  const auto values = [](const char* target) {
    return test::Values().reference(test::parameter("Observation", "subject"), "Patient", target);
  };
  for (int i = 0; i < 40; ++i) {
    commit(test::make_put("Observation", std::to_string(i), 0, "", values("p"), {}));
  }
  const search::Query query = test::reference_query("Observation", "subject", "Patient", "p");
  EXPECT_EQ(matches(query), 40u);
  EXPECT_TRUE(is_kept(query));
  commit(test::make_put("Observation", "1", 1, "", values("q"), values("p")));
  EXPECT_EQ(matches(query), 39u);
}

TEST_F(KeptValuesStoreTest, FollowAParameterThatIsForgottenAndComesAgain) {
  search::CustomParameter source;
  source.url = "http://test/c";
  source.code = "c";
  source.type = fhir::SearchParamType::token;
  source.expression = "Observation.code";
  source.base = {test::type_of("Observation")};
  search::Registry registry(fhir::r4());
  const auto ready = [&] {
    ASSERT_TRUE(registry.add(source).ok());
    registry.set_ready(search::digest_of(fhir::r4(), source));
  };
  ready();
  open({}, registry);
  const search::Parameter* parameter = registry.find(test::type_of("Observation"), "c");
  for (int i = 0; i < 40; ++i) {
    const auto values = test::Values().token(*parameter, "x", "http://loinc.org");
    commit(test::make_put("Observation", std::to_string(i), 0, "", values, {}), registry);
  }
  const auto count = [&] {
    const search::Parameter* known = registry.find(test::type_of("Observation"), "c");
    return matches(test::leaf_query("Observation", {known, search::TokenMatch{"http://loinc.org", "x"}}));
  };
  EXPECT_EQ(count(), 40u);
  const search::ParameterId id = parameter->id;
  registry.retire(search::digest_of(fhir::r4(), source));
  ASSERT_TRUE(store_->forget({id}).value());
  ready();
  EXPECT_EQ(count(), 0u);
}

// Resources change places between two codes, so that each code always has as many. A search that took keys of another
// state would find some that have the other code.
TEST_F(KeptValuesStoreTest, AreOfTheStateOfTheSearchWhileOthersWrite) {
  constexpr int kEach = 40;
  constexpr int kRounds = 300;
  add_many("x", kEach);
  add_many("y", kEach);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::uint64_t round = 1; round <= kRounds; ++round) {
      const bool is_back = round % 2 == 0;
      const auto there = test::code_value(is_back ? "x" : "y");
      const auto back = test::code_value(is_back ? "y" : "x");
      WriteSet set;
      set.writes.push_back(test::make_put("Observation", "x-0", round, is_back ? "x" : "y", there, back));
      set.writes.push_back(test::make_put("Observation", "y-0", round, is_back ? "y" : "x", back, there));
      EXPECT_TRUE(store_->commit(set).ok());
    }
    done = true;
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] {
      const std::string code = i % 2 == 0 ? "x" : "y";
      do {
        const SearchPage found = page(query(code));
        ASSERT_EQ(found.total, static_cast<std::uint64_t>(kEach));
        ASSERT_EQ(found.entries.size(), static_cast<std::size_t>(kEach));
        for (const Version& version : found.entries) ASSERT_EQ(version.tail, code) << version.id;
      } while (!done);
    });
  }
  writer.join();
  for (std::thread& reader : readers) reader.join();
}

TEST_F(KeptValuesStoreTest, CountsAreOfTheStateOfTheSearchWhileOthersWrite) {
  constexpr int kWriters = 2;
  constexpr int kEach = 100;
  std::atomic<std::uint64_t> begun = 0, ended = 0;
  std::atomic<int> writing = kWriters;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kEach; ++n) {
        ++begun;
        const std::string id = std::to_string(i) + "-" + std::to_string(n);
        commit(test::make_put("Observation", id, 0, "x", test::code_value("x"), {}));
        ++ended;
        commit(test::make_put("Observation", "other-" + id, 0, "y", test::code_value("y"), {}));
      }
      --writing;
    });
  }
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      do {
        const std::uint64_t least = ended;
        const auto counted = store_->search(query("x"), {.count = 0, .total = search::Total::accurate});
        const std::uint64_t most = begun;
        ASSERT_TRUE(counted.ok());
        ASSERT_GE(counted->total.value_or(0), least);
        ASSERT_LE(counted->total.value_or(most + 1), most);
      } while (writing > 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(matches(query("x")), static_cast<std::uint64_t>(kWriters * kEach));
}

}  // namespace
}  // namespace vesta::store
