// Counts of values: how long they are used, and how many are kept.
#include "store/sqlite/value_counts.h"

#include <gtest/gtest.h>

#include <set>

#include "store/contract_test_support.h"

namespace vesta::store::sqlite {
namespace {

CountKey code(const std::string& text) {
  Equality equality;
  equality.table = Equality::Table::token;
  equality.param = 7;
  equality.text = text;
  return count_key_of(equality);
}

TEST(ValueCounts, AnswersWithinTheLimitThatWasCountedTo) {
  ValueCounts counts;
  EXPECT_EQ(counts.find(code("a"), 64), std::nullopt);
  counts.keep(code("a"), 40, 64);
  EXPECT_EQ(counts.find(code("a"), 64), 40);
  EXPECT_EQ(counts.find(code("a"), 10), 10);
  EXPECT_EQ(counts.find(code("a"), 2'048), 40) << "all were counted";
  counts.keep(code("a"), 64, 64);
  EXPECT_EQ(counts.find(code("a"), 64), 64);
  EXPECT_EQ(counts.find(code("a"), 65), std::nullopt) << "there may be more";
}

TEST(ValueCounts, TellValuesApart) {
  std::set<CountKey> keys;
  Equality value;
  keys.insert(count_key_of(value));
  value.param = 1;
  keys.insert(count_key_of(value));
  value.text = "a";
  keys.insert(count_key_of(value));
  value.table = Equality::Table::uri;
  keys.insert(count_key_of(value));
  value.system_text = "http://x";
  keys.insert(count_key_of(value));
  value.system = 1;
  keys.insert(count_key_of(value));
  value.target = 1;
  keys.insert(count_key_of(value));
  EXPECT_EQ(keys.size(), 7u);
}

TEST(ValueCounts, TellRangesApart) {
  const auto key_of = [](std::string_view code, std::int64_t low) {
    const search::Parameter& parameter = store::test::parameter("Observation", code);
    const search::Leaf leaf{&parameter, search::DateMatch{search::Prefix::ge, low, low + 1}};
    return count_key_of(store::test::registry(), {&leaf, 7, 1});
  };
  EXPECT_EQ(key_of("date", 0), key_of("date", 0));
  EXPECT_NE(key_of("date", 0), key_of("date", 86'400'000'000));
  EXPECT_NE(key_of("date", 0), key_of("value-date", 0));
}

TEST(ValueCounts, LiveUntilThereMayBeAQuarterMore) {
  ValueCounts counts;
  counts.keep(code("few"), 0, 64);
  counts.keep(code("many"), 1'000, 2'048);
  counts.note_writes(kMinCountLife);
  EXPECT_EQ(counts.find(code("few"), 64), 0);
  counts.note_writes(1);
  EXPECT_EQ(counts.find(code("few"), 64), std::nullopt);
  counts.note_writes(1'000 / kRowsPerLifeOfCount - 1);
  EXPECT_EQ(counts.find(code("many"), 2'048), 1'000);
  counts.note_writes(1);
  EXPECT_EQ(counts.find(code("many"), 2'048), std::nullopt);
}

TEST(ValueCounts, AreBounded) {
  ValueCounts counts;
  const auto kept = [&counts](std::size_t values) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < values; ++i) found += counts.find(code(std::to_string(i)), 64) ? 1 : 0;
    return found;
  };
  for (std::size_t i = 0; i < kMaxShardCounts; ++i) counts.keep(code(std::to_string(i)), 1, 64);
  EXPECT_EQ(kept(kMaxShardCounts), kMaxShardCounts) << "as many as one shard holds fit in any case";
  constexpr std::size_t kTooMany = 2 * kValueCountShards * kMaxShardCounts;
  for (std::size_t i = 0; i < kTooMany; ++i) counts.keep(code(std::to_string(i)), 1, 64);
  EXPECT_LE(kept(kTooMany), kValueCountShards * kMaxShardCounts);
  EXPECT_EQ(counts.find(code(std::to_string(kTooMany - 1)), 64), 1) << "the last one is always kept";
}

}  // namespace
}  // namespace vesta::store::sqlite
