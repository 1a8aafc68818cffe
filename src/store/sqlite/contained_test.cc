// Contained resources in the SQLite engine: their rows come and go with what contains them, are in no feed and in no
// count of resources, and survive a rebuild of the index and the replacement of index values.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "search/test_support.h"
#include "store/contract_test_support.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/contained_rows.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"
#include "store/version_text.h"

namespace vesta::store {
namespace {

using search::testing::Extracted;

constexpr std::string_view kTwo =
    R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"subject":{"reference":"#p"},
        "contained":[{"resourceType":"Patient","id":"p","gender":"male","name":[{"text":"Ann Inside"}]},
                     {"resourceType":"Device","id":"d","patient":{"reference":"#p"}}]})";
constexpr std::string_view kNone = R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"}})";

class SqliteContainedTest : public ::testing::Test {
 protected:
  Result<search::IndexValues> extract(const Version& version) {
    std::string text;
    append_text(fhir::r4(), version, text);
    kept_.push_back(std::make_unique<Extracted>(text));
    if (kept_.back()->error) return *kept_.back()->error;
    return kept_.back()->values;
  }
  void open() {
    store_.reset();
    auto opened = sqlite::open({.directory = folder_.path(),
                                .registry = &search::testing::registry(),
                                .clock = &clock_,
                                .reindex = [this](const Version& version) { return extract(version); }});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }
  Result<std::vector<Written>> write(std::string_view text, std::uint64_t expected,
                                     Write::Kind kind = Write::Kind::put) {
    auto& extracted = *kept_.emplace_back(std::make_unique<Extracted>(std::string(text)));
    WriteSet set;
    Write& write = set.writes.emplace_back();
    write.kind = kind;
    write.type = test::type_of("Observation");
    write.id = "o";
    write.expected = {expected};
    if (kind != Write::Kind::remove) write.added = extracted.values;
    if (kind == Write::Kind::put) fhir::write_tail(fhir::r4(), *extracted.root, write.tail);
    if (kind != Write::Kind::index && last_ != nullptr) write.removed = last_->values;
    auto written = store_->commit(set);
    if (kind != Write::Kind::index) last_ = kind == Write::Kind::put ? &extracted : nullptr;
    return written;
  }
  // The places of all contained resources of a type.
  std::vector<std::uint32_t> contained(const std::string& type, const search::Visibility* visible = nullptr) {
    search::Query query = test::all_query(type);
    query.scope = search::Scope::contained;
    const auto page = store_->search(query, {.count = 10, .total = search::Total::accurate, .visible = visible});
    EXPECT_TRUE(page.ok()) << page.error().message;
    std::vector<std::uint32_t> places;
    for (const Version& version : page->entries) {
      EXPECT_EQ(version.id, "o");
      places.push_back(version.contained.value_or(99));
    }
    EXPECT_EQ(page->total, places.size());
    return places;
  }
  std::vector<std::string> findings() {
    std::vector<std::string> found;
    const auto looked_at = store_->verify([this](const Version& version) { return extract(version); },
                                          [&](std::string text) { found.push_back(std::move(text)); });
    EXPECT_TRUE(looked_at.ok());
    return found;
  }

  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<Extracted>> kept_;
  Extracted* last_ = nullptr;
};

using Places = std::vector<std::uint32_t>;

// Nobody may ask so, but for those who see everything.
TEST_F(SqliteContainedTest, IsSeenByTheGuardOfItsType) {
  open();
  ASSERT_TRUE(write(kTwo, 0).ok());
  search::Visibility visible = search::Visibility::everything();
  visible.narrow(test::type_of("Patient"), search::Plan::make_none());
  EXPECT_EQ(contained("Patient", &visible), Places{});
  EXPECT_EQ(contained("Device", &visible), Places{1});
}

TEST_F(SqliteContainedTest, ComesAndGoesWithWhatContainsIt) {
  open();
  ASSERT_TRUE(write(kTwo, 0).ok());
  EXPECT_EQ(contained("Patient"), Places{0});
  EXPECT_EQ(contained("Device"), Places{1});
  EXPECT_EQ(findings(), std::vector<std::string>{});
  const auto statistics = store_->statistics();
  EXPECT_EQ(statistics->resources, 1u);
  EXPECT_EQ(statistics->versions, 1u);
  EXPECT_EQ(store_->changes({0}, 10)->size(), 1u);
  EXPECT_EQ(store_->history({.count = 10})->entries.size(), 1u);
  EXPECT_EQ(store_->history({.type = test::type_of("Patient"), .count = 10})->entries.size(), 0u);

  ASSERT_TRUE(write(kNone, 1).ok());
  EXPECT_EQ(contained("Patient"), Places{});
  ASSERT_TRUE(write(kTwo, 2).ok());
  ASSERT_TRUE(write(kTwo, 3).ok());
  EXPECT_EQ(contained("Patient"), Places{0});
  EXPECT_EQ(findings(), std::vector<std::string>{});
  ASSERT_TRUE(write(kNone, 4, Write::Kind::remove).ok());
  EXPECT_EQ(contained("Device"), Places{});
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_F(SqliteContainedTest, IsIndexedAgain) {
  open();
  ASSERT_TRUE(write(kTwo, 0).ok());
  auto same = write(kTwo, 1, Write::Kind::index);
  ASSERT_TRUE(same.ok());
  EXPECT_FALSE(same->front().changed);
  store_.reset();
  const auto run = [&](const char* sql) { sqlite::test::run_sql(folder_.path(), sql); };
  run("DELETE FROM token WHERE param IN (SELECT number FROM name WHERE kind = 1 AND text = '#Patient.gender')");
  open();
  EXPECT_EQ(findings().size(), 2u) << "a missing row, and the number of rows";
  auto changed = write(kTwo, 1, Write::Kind::index);
  ASSERT_TRUE(changed.ok());
  EXPECT_TRUE(changed->front().changed);
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_F(SqliteContainedTest, SurvivesARebuild) {
  open();
  ASSERT_TRUE(write(kTwo, 0).ok());
  for (int round = 0; round < 2; ++round) {
    store_.reset();
    sqlite::test::run_sql(folder_.path(), "UPDATE meta SET value = 'another' WHERE name = 'fingerprint'");
    open();
    while (!store_->writable().ok()) continue;
    EXPECT_EQ(contained("Patient"), Places{0});
    EXPECT_EQ(contained("Device"), Places{1});
    EXPECT_EQ(findings(), std::vector<std::string>{});
  }
  ASSERT_TRUE(write(kNone, 1).ok());
  EXPECT_EQ(contained("Device"), Places{});
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

// What was made anew before the stop has rows already; the rest has those of the index before.
TEST_F(SqliteContainedTest, SurvivesARebuildThatStoppedInTheMiddle) {
  constexpr std::uint64_t kResources = 2'500, kRebuilt = 2'000;  // a step takes less than the difference
  open();
  const Extracted both{std::string(kTwo)};
  WriteSet set;
  for (std::uint64_t i = 0; i < kResources; ++i) {
    Write& write = set.writes.emplace_back();
    write.kind = Write::Kind::put;
    write.type = test::type_of("Observation");
    write.id = "o" + std::to_string(i);
    write.added = both.values;
    fhir::write_tail(fhir::r4(), *both.root, write.tail);
  }
  ASSERT_TRUE(store_->commit(set).ok());
  store_.reset();
  sqlite::test::run_sql(folder_.path(), "UPDATE meta SET value = 'another' WHERE name = 'fingerprint'");
  std::atomic<std::uint64_t> progressed = 0;
  std::atomic<bool> stops = true;
  const auto reindex = [&](const Version&) -> Result<search::IndexValues> {
    if (stops && progressed >= kRebuilt) return make_error(Category::unavailable, "stopped by the test");
    return both.values;
  };
  for (const bool is_first : {true, false}) {
    stops = is_first;
    auto opened = sqlite::open({.directory = folder_.path(),
                                .registry = &search::testing::registry(),
                                .clock = &clock_,
                                .reindex = reindex,
                                .progress = [&](std::uint64_t done, std::uint64_t) { progressed = done; }});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    const auto has_stopped = [&] {
      const Status writable = (*opened)->writable();
      return writable.ok() || writable.error().message.find("stopped by the test") != std::string::npos;
    };
    while (!has_stopped()) std::this_thread::yield();
    ASSERT_EQ((*opened)->writable().ok(), !is_first);
  }
  EXPECT_EQ(progressed, kResources);
  open();
  search::Query query = test::all_query("Device");
  query.scope = search::Scope::contained;
  EXPECT_EQ(store_->search(query, {.count = 0, .total = search::Total::accurate})->total, kResources);
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

// Two versions of what contains others wait for each other, so that they often come in one group of commits.
TEST_F(SqliteContainedTest, ComesAndGoesWhileTwoWrite) {
  constexpr std::uint64_t kRounds = 100;
  open();
  const Extracted with{std::string(kTwo)}, without{std::string(kNone)};
  const auto commit = [&](std::uint64_t expected) {
    const Extracted& next = expected % 2 == 0 ? with : without;
    const Extracted& last = expected % 2 == 0 ? without : with;
    WriteSet set;
    Write& write = set.writes.emplace_back();
    write.kind = Write::Kind::put;
    write.type = test::type_of("Observation");
    write.id = "o";
    write.expected = {expected};
    write.added = next.values;
    if (expected > 0) write.removed = last.values;
    fhir::write_tail(fhir::r4(), *next.root, write.tail);
    return store_->commit(set);
  };
  // Again while the version before is not there yet.
  const auto commit_all = [&](std::uint64_t first) {
    int attempts = 1'000'000;
    for (std::uint64_t expected = first; expected < kRounds && attempts > 0; --attempts) {
      const auto written = commit(expected);
      if (written.ok()) expected += 2;
      EXPECT_TRUE(written.ok() || written.error().category == Category::conflict);
    }
    EXPECT_GT(attempts, 0);
  };
  std::thread odd([&] { commit_all(1); });
  commit_all(0);
  odd.join();
  EXPECT_EQ(contained("Patient"), Places{});
  EXPECT_EQ(findings(), std::vector<std::string>{});
  ASSERT_TRUE(commit(kRounds).ok());
  EXPECT_EQ(contained("Patient"), Places{0});
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_F(SqliteContainedTest, IsMissedWhereItsRowIsGone) {
  open();
  ASSERT_TRUE(write(kTwo, 0).ok());
  store_.reset();
  sqlite::test::run_sql(folder_.path(), "DELETE FROM resource WHERE seq IS NULL AND state = 1");
  open();
  EXPECT_FALSE(findings().empty());
  ASSERT_TRUE(write(kTwo, 1, Write::Kind::index).ok());
  ASSERT_TRUE(write(kNone, 1).ok()) << "what contains it can be written all the same";
}

TEST(InnerId, IsReadAsItWasWritten) {
  for (const sqlite::InnerName name :
       {sqlite::InnerName{1, 0}, {INT64_MAX, 19'999}, {0x0102030405060708, UINT32_MAX}}) {
    const auto read = sqlite::inner_name(sqlite::inner_id(name));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->outer, name.outer);
    EXPECT_EQ(read->place, name.place);
  }
  EXPECT_FALSE(sqlite::inner_name("0123456789abcdef").has_value()) << "a UUID";
  EXPECT_FALSE(sqlite::inner_name("").has_value());
}

TEST(CatalogNames, TellResourcesContainedOnesAndLinksApart) {
  using sqlite::NumberedName;
  using sqlite::Scope;
  const search::Registry& registry = search::testing::registry();
  sqlite::Catalog catalog(registry);
  const fhir::TypeId patient = test::type_of("Patient"), observation = test::type_of("Observation");
  const search::Parameter& subject = *registry.find(observation, "subject");
  const std::int64_t numbers[] = {catalog.parameter_number(subject.id),
                                  catalog.parameter_number(subject.id, Scope::contained),
                                  catalog.link_number({Scope::resource, observation, subject.id, patient}),
                                  catalog.link_number({Scope::contained, observation, subject.id, patient}),
                                  catalog.link_number({Scope::resource, observation, search::kNoParameter, patient})};
  for (std::size_t i = 0; i < std::size(numbers); ++i) {
    const auto name = catalog.name_of(numbers[i]);
    ASSERT_TRUE(name.has_value());
    EXPECT_EQ(name->scope, i == 1 || i == 3 ? Scope::contained : Scope::resource);
    EXPECT_EQ(name->type, observation);
    EXPECT_EQ(name->parameter, i == 4 ? search::kNoParameter : subject.id);
    EXPECT_EQ(name->is_link(), i >= 2);
    EXPECT_EQ(catalog.parameter_of(numbers[i]).has_value(), i < 2);
    for (std::size_t k = 0; k < i; ++k) EXPECT_NE(numbers[i], numbers[k]);
  }
  const std::int64_t type = catalog.type_number(patient, Scope::contained);
  EXPECT_EQ(catalog.scope_of(type), Scope::contained);
  EXPECT_EQ(catalog.type_of(type), fhir::kNoType);
  EXPECT_EQ(catalog.plain_type_of(type), patient);
  EXPECT_EQ(catalog.find_type(patient), 0);
}

}  // namespace
}  // namespace vesta::store
