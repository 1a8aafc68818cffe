// Plans: on random resources of five types that refer to each other, every kind of leaf, chains and _has of any depth,
// includes and pages in both directions are what search/matcher says. With tiny thresholds, so that every way is taken.
#include <gtest/gtest.h>

#include "search/matcher.h"
#include "search/random_resource.h"
#include "store/contract_test_support.h"
#include "store/sqlite/plans_test_support.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/test_support.h"

namespace vesta::store {
namespace {

using sqlite::test::Generator;
using sqlite::test::kEpoch;
using sqlite::test::kPerType;
using sqlite::test::Record;
using sqlite::test::World;

// VESTA_PROPERTY_PLANS and VESTA_PROPERTY_SEED override these.
constexpr int kPlans = 1'200;
constexpr int kPhases = 6;

class PlansTest : public ::testing::Test {
 protected:
  void SetUp() override {
    seed_ = search::testing::seed_from("VESTA_PROPERTY_SEED");
    reopen({});
  }
  void reopen(const sqlite::Tuning& tuning) {
    store_.reset();
    auto opened =
        sqlite::open({.directory = folder_.path(), .registry = &test::registry(), .clock = &clock_, .tuning = tuning});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }

  void write_some(Generator& generator, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      clock_.set(kEpoch + (next_time_ += 1'000));
      std::map<std::pair<std::string, std::string>, search::IndexValues> news;
      for (int i = 1 + generator.below(6); i > 0; --i) {
        const std::string type = generator.type();
        news[{type, generator.id(generator.below(kPerType))}] = generator.values(type);
      }
      WriteSet set;
      for (auto& [name, values] : news) {
        Record& record = world_.records[name];
        const bool is_removal = record.is_current && generator.chance(15);
        Write write{is_removal ? Write::Kind::remove : Write::Kind::put,
                    test::type_of(name.first),
                    name.second,
                    {record.version},
                    is_removal ? "" : "}",
                    {},
                    record.values};
        if (!is_removal) write.added = values;
        record = {name.first, name.second, record.version + 1, !is_removal, {}, write.added};
        set.writes.push_back(std::move(write));
      }
      auto written = store_->commit(set);
      ASSERT_TRUE(written.ok()) << written.error().message;
      for (std::size_t i = 0; i < set.writes.size(); ++i) {
        const std::string type(fhir::r4().type(set.writes[i].type).name);
        world_.records[{type, set.writes[i].id}].last_updated = (*written)[i].last_updated;
      }
    }
  }

  std::set<std::string> expected_ids(const search::Query& query) const {
    std::set<std::string> ids;
    world_.each(query.type, [&](const search::Subject& subject) {
      if (search::matches(query.plan, subject, &world_)) ids.emplace(subject.id);
      return true;
    });
    return ids;
  }

  // All pages in one direction, in the order of the query; checks each page's links.
  void all_pages(const search::Query& query, std::uint32_t count, SearchOptions::Direction direction,
                 std::vector<std::string>& ids) {
    SearchOptions options{.count = count, .direction = direction};
    const bool is_forward = direction == SearchOptions::Direction::forward;
    for (bool is_first = true;; is_first = false) {
      auto page = store_->search(query, options);
      ASSERT_TRUE(page.ok()) << page.error().message;
      std::vector<std::string> found;
      for (const Version& version : page->entries) found.push_back(version.id);
      ids.insert(is_forward ? ids.end() : ids.begin(), found.begin(), found.end());
      const auto& far = is_forward ? page->next : page->previous;
      const auto& near = is_forward ? page->previous : page->next;
      ASSERT_EQ(near.has_value(), !is_first && !found.empty());
      if (!far) return;
      ASSERT_EQ(found.size(), count);
      options.from = *far;
    }
  }

  void compare(const search::Query& query, std::uint32_t count) {
    const std::set<std::string> expected = expected_ids(query);
    std::vector<std::string> forward, backward;
    ASSERT_NO_FATAL_FAILURE(all_pages(query, count, SearchOptions::Direction::forward, forward));
    ASSERT_EQ(std::set<std::string>(forward.begin(), forward.end()), expected);
    ASSERT_EQ(forward.size(), expected.size()) << "nothing comes twice";
    ASSERT_NO_FATAL_FAILURE(all_pages(query, count, SearchOptions::Direction::backward, backward));
    ASSERT_EQ(backward, forward);
    const std::string type(fhir::r4().type(query.type).name);
    for (std::size_t i = 1; i < forward.size(); ++i) {
      const auto subject = [&](std::size_t at) { return world_.records.at({type, forward[at]}).subject(); };
      ASSERT_FALSE(search::sorts_before(query.sort, subject(i), subject(i - 1), fhir::r4())) << i;
    }
    auto counted = store_->search(query, {.count = 0});
    ASSERT_TRUE(counted.ok());
    ASSERT_EQ(counted->total.value_or(9'999), expected.size());
    auto estimated = store_->search(query, {.count = 1, .total = search::Total::estimate});
    ASSERT_TRUE(estimated.ok() && estimated->total.has_value());
  }

  // As the contract of SearchOptions::includes has it, on the records.
  std::set<std::string> expected_included(const std::vector<search::Include>& includes,
                                          const std::vector<Version>& entries) const {
    std::set<std::string> seen;
    std::vector<const Record*> found;
    const auto name_of = [](const Record& record) { return record.type + "/" + record.id; };
    const auto add = [&](const Record& record) {
      if (record.is_current && seen.insert(name_of(record)).second) found.push_back(&record);
    };
    for (const Version& entry : entries) {
      const std::string type(fhir::r4().type(entry.type).name);
      seen.insert(type + "/" + entry.id);
      found.push_back(&world_.records.at({type, entry.id}));
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const search::Include& include : includes) {
        if (i < entries.size() || include.iterate) lead(include, *found[i], add);
      }
    }
    for (const Version& entry : entries) seen.erase(std::string(fhir::r4().type(entry.type).name) + "/" + entry.id);
    return seen;
  }
  template <class Add>
  void lead(const search::Include& include, const Record& from, const Add& add) const {
    const bool is_forward = include.direction == search::Include::Direction::forward;
    for (const auto& [name, record] : world_.records) {
      const Record& source = is_forward ? from : record;
      const Record& target = is_forward ? record : from;
      if (!source.is_current || (include.source != fhir::kNoType && test::type_of(source.type) != include.source)) {
        continue;
      }
      if (include.target != fhir::kNoType && test::type_of(target.type) != include.target) continue;
      for (const auto& reference : source.values.references) {
        if (include.parameter != nullptr && include.parameter->id != reference.parameter) continue;
        if (reference.type == test::type_of(target.type) && reference.id == target.id) add(record);
      }
      const std::string url = std::string(sqlite::test::kBaseUrl) + "/" + target.type + "/" + target.id;
      for (const auto& uri : source.values.uris) {
        if (include.parameter != nullptr && include.parameter->id != uri.parameter) continue;
        if (uri.uri == url) add(record);
      }
    }
  }

  std::vector<std::string> findings() {
    std::vector<std::string> findings;
    const auto extract = [&](const Version& version) -> Result<search::IndexValues> {
      return world_.records.at({std::string(fhir::r4().type(version.type).name), version.id}).values;
    };
    EXPECT_TRUE(store_->verify(extract, [&](std::string finding) { findings.push_back(finding); }).ok());
    return findings;
  }

  std::uint64_t seed_ = 0;
  std::int64_t next_time_ = 0;
  World world_;
  test::FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(PlansTest, AreWhatTheMatcherDecides) {
  Generator generator(seed_);
  const int plans = static_cast<int>(search::testing::setting("VESTA_PROPERTY_PLANS", kPlans));
  for (int phase = 0; phase < kPhases; ++phase) {
    if (phase > 1) reopen(generator.tuning());  // the defaults first
    ASSERT_NO_FATAL_FAILURE(write_some(generator, 60));
    for (int i = 0; i < plans / kPhases; ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed_) + ", phase " + std::to_string(phase) + ", plan " +
                   std::to_string(i));
      const std::string type = generator.type();
      const search::Query query{test::type_of(type), generator.plan(type, 0), generator.sort(type),
                                std::string(sqlite::test::kBaseUrl)};
      ASSERT_NO_FATAL_FAILURE(compare(query, static_cast<std::uint32_t>(1 + generator.below(25))));
    }
  }
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_F(PlansTest, IncludesAreWhatReferencesLeadTo) {
  Generator generator(seed_);
  ASSERT_NO_FATAL_FAILURE(write_some(generator, 120));
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + ", includes " + std::to_string(i));
    const std::string type = generator.type();
    const search::Query query{test::type_of(type), generator.plan(type, 3), {}, std::string(sqlite::test::kBaseUrl)};
    SearchOptions options{.count = static_cast<std::uint32_t>(1 + generator.below(5))};
    options.includes = generator.includes();
    auto page = store_->search(query, options);
    ASSERT_TRUE(page.ok()) << page.error().message;
    std::set<std::string> included;
    for (const Version& version : page->included) {
      EXPECT_FALSE(version.deleted);
      const std::string name = std::string(fhir::r4().type(version.type).name) + "/" + version.id;
      EXPECT_TRUE(included.insert(name).second) << name << " is included twice";
    }
    ASSERT_EQ(included, expected_included(options.includes, page->entries));
  }
}

}  // namespace
}  // namespace vesta::store
