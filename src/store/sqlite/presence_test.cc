// Presence: the kept counts are what a recount gives, whatever was written; and what searches by `:missing` do with
// them.
#include "store/sqlite/presence.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "store/contract_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"
#include "store/sqlite/value_codec.h"
#include "store/sqlite/values.h"

namespace vesta::store {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;

const search::Parameter& observation(std::string_view code) {
  return test::parameter("Observation", code);
}

class PresenceTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }
  // On the closed file.
  void alter(const char* statements) {
    store_.reset();
    auto connection = sqlite::Connection::open(folder_.path() + "/vesta.db", "", sqlite::Connection::Role::writer);
    ASSERT_TRUE(connection.ok());
    const Status altered = (*connection)->run(statements);
    ASSERT_TRUE(altered.ok()) << altered.error().message;
  }

  struct Stored {
    std::uint64_t version = 0;
    bool is_current = false;
    search::IndexValues values;
  };
  Result<std::vector<Written>> write(const std::string& id, Write::Kind kind, const search::IndexValues& values) {
    Stored& stored = stored_[id];
    Write write{kind, test::type_of("Observation"), id, {stored.version}, kind == Write::Kind::put ? "}" : "", {}, {}};
    if (kind != Write::Kind::index) write.removed = stored.values;
    if (kind != Write::Kind::remove) write.added = values;
    WriteSet set;
    set.writes.push_back(write);
    auto written = store_->commit(set);
    if (!written.ok()) return written;
    stored.values = write.added;
    stored.is_current = kind != Write::Kind::remove;
    if (kind != Write::Kind::index) ++stored.version;
    return written;
  }
  void put(const std::string& id, const search::IndexValues& values) {
    const auto written = write(id, Write::Kind::put, values);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }

  std::vector<std::string> findings() {
    std::vector<std::string> findings;
    const auto extract = [this](const Version& version) -> Result<search::IndexValues> {
      return stored_.at(version.id).values;
    };
    EXPECT_TRUE(store_->verify(extract, [&](std::string finding) { findings.push_back(std::move(finding)); }).ok());
    return findings;
  }

  static search::Query missing(const search::Parameter& parameter, bool is_missing) {
    search::Plan plan = search::Plan::make_leaf({&parameter, search::PresentMatch{}});
    if (is_missing) plan = search::Plan::make(search::Plan::Kind::not_, {std::move(plan)});
    return {test::type_of("Observation"), std::move(plan), {}};
  }
  // The step of the plan; the entries, or the total of a count, must be so many.
  search::PlanStep step(const search::Query& query, std::uint32_t count, std::size_t expected) {
    auto page = store_->search(query, {.count = count, .explain = true});
    EXPECT_TRUE(page.ok() && page->explanation);
    EXPECT_EQ(count == 0 ? page->total.value_or(9'999) : page->entries.size(), expected);
    return page->explanation->children.front();
  }

  static search::IndexValues dated(int day) {
    search::IndexValues values;
    values.dates = {{observation("date").id, day * kDay, (day + 1) * kDay}};
    values.present = {observation("date").id};
    return values;
  }
  static search::IndexValues any_values(std::mt19937& random) {
    search::IndexValues values;
    if (random() % 2 == 0) values = dated(static_cast<int>(random() % 9));
    if (random() % 2 == 0) values.tokens.push_back({observation("code").id, "c", ""});  // a value, but not present
    if (random() % 3 == 0) values.references.push_back({observation("subject").id, test::type_of("Patient"), "p"});
    for (const char* code : {"subject", "method"}) {
      if (random() % 2 == 0) values.present.push_back(observation(code).id);
    }
    std::ranges::sort(values.present);
    return values;
  }

  std::map<std::string, Stored> stored_;
  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST(PresenceCounts, ComeBackAsTheyWere) {
  std::string blob;  // 3 is there without a value, 9 refers to something
  sqlite::put_varint(static_cast<std::uint64_t>(sqlite::ValueKind::present) << 1, blob);
  sqlite::put_varint(1, blob);
  sqlite::put_varint(3, blob);
  sqlite::append_reference({9, 4711}, blob);
  sqlite::PresenceCounts counts;
  counts.add(blob, 1);
  counts.add(blob, 1);
  EXPECT_EQ(counts.of(3), (sqlite::ParameterCount{3, 2, 2}));
  EXPECT_EQ(counts.of(9), (sqlite::ParameterCount{9, 2, 0}));
  EXPECT_EQ(counts.of(4), (sqlite::ParameterCount{4, 0, 0}));
  EXPECT_EQ(sqlite::PresenceCounts::decode(counts.encode()), counts);
  EXPECT_FALSE(sqlite::PresenceCounts::decode(counts.encode() + "\xFF")) << "cut within a number";
  counts.add(blob, -1);
  counts.add(blob, -1);
  EXPECT_EQ(counts, sqlite::PresenceCounts());
  counts.add(blob.substr(0, 2), 1);
  EXPECT_EQ(counts, sqlite::PresenceCounts()) << "a damaged blob counts for nothing";
}

TEST_F(PresenceTest, CountsAreWhatARecountGives) {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    const std::string id = "o" + std::to_string(random() % 25);
    const search::IndexValues values = any_values(random);
    const bool is_current = stored_[id].is_current;
    const auto kind = is_current && random() % 4 == 0   ? Write::Kind::remove
                      : is_current && random() % 3 == 0 ? Write::Kind::index
                                                        : Write::Kind::put;
    const auto written = write(id, kind, values);
    ASSERT_TRUE(written.ok()) << written.error().message;
    if (round % 100 != 99) continue;
    ASSERT_EQ(findings(), std::vector<std::string>{}) << "round " << round;
    ++stored_[id].version;
    EXPECT_FALSE(write(id, Write::Kind::put, values).ok()) << "a conflict changes nothing";
    --stored_[id].version;
    reopen();
    ASSERT_EQ(findings(), std::vector<std::string>{}) << "round " << round << ", opened again";
  }
}

TEST_F(PresenceTest, CheckFindsWrongCounts) {
  put("o", dated(1));
  ASSERT_EQ(findings(), std::vector<std::string>{});
  alter("UPDATE type_count SET parameters = x'050100'");
  reopen();
  const std::vector<std::string> found = findings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("the counts of what resources of type Observation have"), std::string::npos) << found[0];
}

TEST_F(PresenceTest, AFileOfSchema2IsCounted) {
  for (int i = 0; i < 30; ++i) put("o" + std::to_string(i), i % 3 == 0 ? dated(i) : search::IndexValues());
  alter("ALTER TABLE type_count DROP COLUMN parameters; DROP TABLE audit; PRAGMA user_version = 2");
  reopen();
  EXPECT_EQ(findings(), std::vector<std::string>{});
  step(missing(observation("date"), false), 0, 10);
}

TEST_F(PresenceTest, ARebuildCountsAnew) {
  for (int i = 0; i < 30; ++i) put("o" + std::to_string(i), dated(i));
  alter("UPDATE type_count SET parameters = x''; UPDATE meta SET value = 'other' WHERE name = 'fingerprint'");
  auto opened = sqlite::open({.directory = folder_.path(),
                              .registry = &test::registry(),
                              .clock = &clock_,
                              .reindex = [this](const Version& version) -> Result<search::IndexValues> {
                                return stored_.at(version.id).values;
                              }});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  store_ = std::move(*opened);
  while (!store_->writable().ok()) std::this_thread::yield();
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_F(PresenceTest, AllAndNoneAreKnown) {
  for (int i = 0; i < 50; ++i) put("o" + std::to_string(i), dated(i));
  EXPECT_NE(step(missing(observation("date"), true), 20, 0).what.find("nothing has it"), std::string::npos);
  EXPECT_NE(step(missing(observation("method"), false), 20, 0).what.find("nothing has it"), std::string::npos);
  step(missing(observation("date"), false), 20, 20);
  step(missing(observation("method"), true), 20, 20);
}

TEST_F(PresenceTest, FewAreGatheredAndCountsAreKnown) {
  WriteSet set;
  for (int i = 0; i < 3'000; ++i) {
    Write write{Write::Kind::put, test::type_of("Observation"), "o" + std::to_string(i), {}, "}", {}, {}};
    if (i >= 2'993) write.added = dated(i);
    if (i == 1'500) write.added.present = {observation("method").id};
    set.writes.push_back(std::move(write));
  }
  ASSERT_TRUE(store_->commit(set).ok());
  const search::PlanStep few = step(missing(observation("date"), false), 20, 7);
  EXPECT_NE(few.what.find("gathered"), std::string::npos) << few.what;
  EXPECT_EQ(few.estimated.value_or(0), 7u);
  EXPECT_EQ(few.rows.value_or(9'999), 7u);
  EXPECT_FALSE(step(missing(observation("date"), false), 0, 7).rows) << "counted without looking at any";
  EXPECT_FALSE(step(missing(observation("date"), true), 0, 2'993).rows);
  // Without a value: no index row tells of it, so resources are tested, but none behind the last one that is there.
  const search::PlanStep tested = step(missing(observation("method"), false), 20, 1);
  EXPECT_EQ(tested.what.find("gathered"), std::string::npos) << tested.what;
  EXPECT_FALSE(step(missing(observation("method"), false), 0, 1).rows);
}

}  // namespace
}  // namespace vesta::store
